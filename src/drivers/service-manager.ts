import { spawn } from 'node:child_process';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

export interface ServiceManagerOptions {
  /** Holds NOTIFY_SOCKET, WATCHDOG_USEC and the PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What systemd is told of the service it runs (sd_notify(3)). */
export interface ServiceManager {
  /** The service does its work from now on. */
  ready(): void;
  /** Feeds the watchdog for as long as `alive` says so; a program that hangs asks nobody, and is not fed either. */
  watch(alive: () => boolean): Cancel;
  stopping(): void;
}

/** Two feedings may be lost before the watchdog bites. */
const FEEDINGS = 3;
/** One that hangs is ended, or they would pile up. */
const TELL_MS = 10_000;

/**
 * The service manager that started this process, or null when none did. Node has no datagram sockets of the file
 * system, so that `systemd-notify` carries the word; the unit needs `NotifyAccess=all`.
 */
export function serviceManager({ env, clock, log }: ServiceManagerOptions): ServiceManager | null {
  const { NOTIFY_SOCKET, WATCHDOG_USEC } = env;
  if (NOTIFY_SOCKET === undefined) return null;
  const tell = (...words: string[]) => {
    const notTold = (why: object) => log.error('service-manager.not-told', { words, ...why });
    try {
      const child = spawn('systemd-notify', words, { stdio: 'ignore', env: { ...env }, timeout: TELL_MS, killSignal: 'SIGKILL' });
      child.once('error', (error) => notTold({ error }));
      child.once('exit', (code, signal) => code !== 0 && notTold(signal === null ? { code } : { signal }));
    } catch (error) {
      // Node throws where memory is short. The next word may get through, and the watchdog bites where none does.
      notTold({ error });
    }
  };
  const limitMs = /^[1-9]\d{0,14}$/.test(WATCHDOG_USEC ?? '') ? Number(WATCHDOG_USEC) / 1_000 : null;
  return {
    ready: () => tell('--ready', '--status=Ready to take money'),
    stopping: () => tell('--stopping'),
    watch(alive) {
      if (limitMs === null) return () => undefined;
      let fed = true;
      let cancel: Cancel = () => undefined;
      const feed = () => {
        const well = alive();
        if (well) tell('WATCHDOG=1');
        else if (fed) log.error('watchdog.not-fed', { limitMs });
        fed = well;
        cancel = clock.after(limitMs / FEEDINGS, feed);
      };
      feed();
      return () => cancel();
    },
  };
}
