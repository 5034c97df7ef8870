import type { Io } from '../cli/command.ts';
import { main } from '../cli/main.ts';

interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
  /** What Ctrl-C would abort. */
  readonly stop?: AbortSignal;
  /** Told of every line on stdout as it comes. */
  readonly onOut?: (line: string) => void;
}

/** Runs one `tilld` command line in this process: `runTilld(['qr', 'check', text])`. */
export async function runTilld(argv: readonly string[], setting: Setting = {}): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  const line = (text: string) => (text.endsWith('\n') ? text : `${text}\n`);
  const out = (text: string) => {
    written.out += line(text);
    setting.onOut?.(text);
  };
  const io: Io = {
    out,
    err: (text) => {
      written.err += line(text);
    },
    json: (value) => out(JSON.stringify(value)),
    isTTY: setting.isTTY ?? false,
  };
  const code = await main(argv, io, { env: setting.env ?? {}, stopSignal: () => setting.stop ?? new AbortController().signal });
  return { code, ...written };
}
