import { type ChildProcess, spawn } from 'node:child_process';
import { DeviceFault } from '../../domain/fault.ts';
import { SAMPLE_RATE } from '../../domain/speech/pack.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How much of what aplay complains about is kept, characters. */
const COMPLAINT_MOST = 300;

/** One `aplay` that plays what its standard input is given until it is stopped or dies. */
export class Aplay {
  /** Resolves, once, with why it plays no longer. */
  readonly gone: Promise<DeviceFault>;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #end: (why: DeviceFault) => void = () => {};
  #complaint = '';

  /** `env` holds the PATH on which aplay is looked for. @throws Error when spawn does: see `notStarted` */
  constructor(device: string, env: Environment) {
    const format = ['-q', '-t', 'raw', '-f', 'S16_LE', '-r', String(SAMPLE_RATE), '-c', '1'];
    this.gone = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#child = spawn('aplay', [...format, '-D', device, '-'], { stdio: ['pipe', 'ignore', 'pipe'], env: { ...env } });
    this.#closed = new Promise((resolve) => {
      this.#child.once('error', (error: NodeJS.ErrnoException) => {
        this.#end(notStarted(error));
        resolve();
      });
      this.#child.once('close', (code, signal) => {
        this.#end(died(device, this.#complaint.trim().split('\n').at(-1) || String(signal ?? `exit code ${code}`)));
        resolve();
      });
    });
    // Where the system has no files left there are no pipes either, and an error instead. Of a pipe that breaks the exit
    // says why; where none comes, it is ended here.
    this.#child.stdin?.on('error', () => this.#child.kill('SIGKILL'));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT_MOST);
    });
  }

  /** Resolves when the pipe has taken the bytes, or never when it is gone before. */
  feed(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#child.stdin?.write(bytes, (error) => {
        if (!error) resolve();
      });
    });
  }

  /** Lets it play what it has, and end. Resolves when the device is free. */
  drain(): Promise<void> {
    this.#child.stdin?.end();
    return this.#closed;
  }

  /** Ends it, and with it the sound, at once. Resolves when the device is free. */
  stop(why: DeviceFault): Promise<void> {
    this.#end(why);
    this.#child.kill('SIGKILL');
    return this.#closed;
  }
}

/** Why spawn has failed, whether it was thrown or told. */
export function notStarted(error: NodeJS.ErrnoException): DeviceFault {
  if (error.code === 'ENOENT') {
    return new DeviceFault('There is no aplay on this machine to play sound with', {
      code: 'aplay-missing',
      remedy: "Install Debian's alsa-utils.",
    });
  }
  return new DeviceFault('aplay cannot be started', { code: 'speaker-gone', found: error.code ?? error.message, cause: error });
}

function died(device: string, found: string): DeviceFault {
  return new DeviceFault(`The sound device ${device} does not play`, {
    code: 'speaker-gone',
    found,
    remedy: 'See `aplay -L` for the names of sound devices.',
  });
}
