import { randomBytes } from 'node:crypto';

/** Time as the backend needs it: wall time in milliseconds since 1970, and one-shot timers. Any `Clock` of the box fits. */
export interface BackendClock {
  wallMs(): number;
  /** Runs `task` once after `ms`; the result cancels it. */
  after(ms: number, task: () => void): () => void;
}

/** Random bytes, 1 to 64 at a time. */
export interface BackendEntropy {
  bytes(count: number): Uint8Array;
}

export interface BackendLog {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}

export const systemClock: BackendClock = {
  wallMs: () => Date.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

export const systemEntropy: BackendEntropy = { bytes: (count) => randomBytes(count) };

export const silentLog: BackendLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** `count` characters out of `alphabet` (2 to 256 of them), each as likely as the others. */
export function randomText(entropy: BackendEntropy, alphabet: string, count: number): string {
  const usable = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < count) {
    for (const byte of entropy.bytes(32)) {
      // Bytes beyond the last whole multiple would favour the first characters.
      if (byte < usable && text.length < count) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}
