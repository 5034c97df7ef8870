import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Need, needs, needsAll } from './needs.ts';

const NAMES = ['gpiodetect', 'gpioinfo', 'gpioget', 'gpiomon', 'gpioset'] as const;
type ProgramName = (typeof NAMES)[number];
/** What the driver needs besides, and where Debian has it. */
const REAL = { setpriv: '/usr/bin/setpriv', mkfifo: '/usr/bin/mkfifo', sh: '/bin/sh', sleep: '/bin/sleep' } as const;

/** What the programs are made of, which every Debian has. */
export const needsGpiodPrograms = (): Need =>
  needsAll(needs('/bin/bash', 'bash'), needs(REAL.setpriv, 'util-linux'), needs(REAL.mkfifo, 'coreutils'));

/**
 * A real process that says how it was called, is told what to do, and copies what it is sent to its output. `burst`
 * waits for `go`, writes so many rows by itself and leaves the file `written` when they are all written.
 */
const script = (port: number, folder: string) => `#!/bin/bash
name=\${0##*/}
exec 3<>/dev/tcp/127.0.0.1/${port} || exit 9
printf '%s\\037' "$$" "$name" "$@" >&3
printf '\\n' >&3
IFS= read -r how <&3
case $how in
  fail\\ *) echo "$name: \${how#fail }" >&2; exit 1;;
  crash\\ *) /bin/cat <&3 & trap "kill $!" TERM; wait; echo "$name: \${how#crash }" >&2; exit 1;;
  stubborn) trap '' TERM;;
  burst\\ *) while IFS= read -r row <&3; do
    case $row in
      go\\ *) read -r _ fall rise form <<<"$row"
        for ((i = 0; i < \${how#burst }; i++)); do
          edge=$fall; ((i % 2)) && edge=$rise
          printf "$form\\n" $((1000000 + i * 100000)) $edge
        done
        : >'${folder}/written';;
      *) echo "$row";;
    esac
  done;;
esac
exec /bin/cat <&3
`;

/** One program that was started. */
export interface Call {
  readonly pid: number;
  readonly name: ProgramName;
  readonly args: readonly string[];
  /** Tells it what to do; it does nothing before. */
  answer(how: 'run' | 'stubborn' | `fail ${string}` | `crash ${string}` | `burst ${number}`): void;
  /** Sends what it writes. */
  write(text: string): void;
  /** Lets it end: well, or as its `crash` says. */
  end(): void;
}

export interface GpiodPrograms {
  /** An environment whose PATH holds the programs and nothing else that reaches pins. */
  readonly env: { readonly PATH: string };
  readonly folder: string;
  stop(): Promise<void>;
}

/** Programs with the names of libgpiod's, as real processes; `onStart` and `onEnd` are told of each. */
export async function gpiodPrograms(onStart: (call: Call) => void, onEnd: (call: Call) => void): Promise<GpiodPrograms> {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-gpiod-'));
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let call: Call | null = null;
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (call || !said.endsWith('\n')) return;
      call = callOf(said, socket);
      onStart(call);
    });
    // A program that was killed leaves a connection that broke.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      if (call) onEnd(call);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  for (const name of NAMES) {
    writeFileSync(join(folder, name), script(port, folder));
    chmodSync(join(folder, name), 0o755);
  }
  for (const [name, path] of Object.entries(REAL)) symlinkSync(path, join(folder, name));
  return {
    env: { PATH: folder },
    folder,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(folder, { recursive: true });
    },
  };
}

function callOf(said: string, socket: Socket): Call {
  const [pid, name, ...args] = said.slice(0, -2).split('\u001f');
  return {
    pid: Number(pid),
    name: name as ProgramName,
    args,
    answer: (how) => void socket.write(`${how}\n`),
    write: (text) => void socket.write(text),
    end: () => void socket.end(),
  };
}
