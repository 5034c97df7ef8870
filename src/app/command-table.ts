import { CallerFault } from '../domain/fault.ts';
import type { JsonObject } from '../domain/json.ts';
import { asInteger, asPattern, asText } from '../domain/json-fields.ts';
import { checkShownQr } from '../domain/qr/shown.ts';
import type { Ack } from '../domain/remote.ts';
import type { Clock } from '../ports/clock.ts';
import type { RemoteGateway } from '../ports/gateway.ts';
import type { PowerControl } from '../ports/power.ts';
import type { Speaker } from '../ports/speaker.ts';
import type { Exhibit } from './exhibit.ts';
import type { Preferences } from './preferences.ts';

/** How a command ended. */
export type Outcome = Pick<Ack, 'state' | 'code' | 'reason' | 'result'>;

export interface CommandTableOptions {
  readonly speaker: Speaker;
  readonly preferences: Preferences;
  readonly exhibit: Exhibit;
  readonly power: PowerControl;
  readonly clock: Clock;
  /** Null: nobody would send a command. */
  readonly remote: RemoteGateway | null;
  /** The newest lines of the log, as they were written: without anything secret. */
  readonly logLines: (most: number) => readonly string[];
}

/** Commands that end the process: answered before, confirmed after. */
export const RESTARTS: readonly string[] = ['restart', 'reboot'];

const DONE: Outcome = { state: 'done', code: '', reason: '' };
const MOST_LINES = 100;
const MOST_LOG_BYTES = 24 * 1024;

type Act = (parameters: JsonObject, ageMs: number | null) => Promise<Outcome | 'restarting'>;

/** What a backend may have done, by name. Parameters are checked here; one that is not usable is a MessageFault. */
export class CommandTable {
  readonly #acts: Readonly<Record<string, Act>>;

  constructor({ speaker, preferences, exhibit, power, clock, remote, logLines }: CommandTableOptions) {
    this.#acts = {
      test_speaker: async () => {
        await speaker.say({ phrase: 'test', amount: null });
        return DONE;
      },
      identify: async () => {
        await exhibit.identify();
        return DONE;
      },
      show_qr: async (parameters) => {
        const qr = checkShownQr(asText(parameters.qr_payload, 'parameters.qr_payload', 512));
        const seconds = parameters.seconds === undefined ? 60 : asInteger(parameters.seconds, 'parameters.seconds', 5, 600);
        exhibit.showQr(qr, seconds * 1_000);
        return DONE;
      },
      sync_time: async (parameters, ageMs) => {
        const text = asPattern(
          parameters.timestamp,
          'parameters.timestamp',
          /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
          'RFC 3339',
        );
        const atMs = Date.parse(text);
        if (!Number.isFinite(atMs)) throw new CallerFault('There is no such time', { code: 'time-invalid', found: text });
        if (ageMs === null) return { state: 'failed', code: 'time-stale', reason: 'it waited over a restart, nobody knows how long' };
        const nowMs = atMs + ageMs;
        remote?.setTime(nowMs);
        return { ...DONE, result: { offset_ms: Math.round(nowMs - clock.wallMs()) } };
      },
      upload_logs: async () => ({ ...DONE, result: { lines: fitting(logLines(MOST_LINES)) } }),
      set_volume: async (parameters) => {
        preferences.setVolume(asInteger(parameters.volume, 'parameters.volume', 0, 100));
        return DONE;
      },
      restart: async () => {
        power.restart();
        return 'restarting';
      },
      reboot: async () => {
        power.reboot();
        return 'restarting';
      },
    };
  }

  get names(): readonly string[] {
    return Object.keys(this.#acts);
  }

  knows(name: string): boolean {
    return Object.hasOwn(this.#acts, name);
  }

  /** `ageMs`: how long it has waited, or null when nobody knows. @throws Fault when it cannot be done as asked */
  carryOut(name: string, parameters: JsonObject, ageMs: number | null): Promise<Outcome | 'restarting'> {
    const act = this.knows(name) ? this.#acts[name] : undefined;
    return act ? act(parameters, ageMs) : Promise.resolve({ state: 'refused', code: 'command-unknown', reason: name });
  }
}

/** The newest lines that fit into one message. */
function fitting(lines: readonly string[]): readonly string[] {
  let bytes = 0;
  const from = lines.findLastIndex((line) => {
    bytes += line.length * 3 + 4;
    return bytes > MOST_LOG_BYTES;
  });
  return lines.slice(from + 1);
}
