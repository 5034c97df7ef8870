import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { TillService } from '../../src/app/till.ts';
import type { BoardPulseAcceptor } from '../../src/domain/board.ts';
import { profileNamed } from '../../src/domain/cash/profiles.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { pulseAcceptor } from '../../src/drivers/acceptors/pulse.ts';
import { libgpiodGpio } from '../../src/drivers/gpio/libgpiod.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { systemEntropy } from '../../src/runtime/entropy.ts';
import { openStore } from '../../src/store/open.ts';

/** Edges as gpiomon writes them, to the journal; beside a bare Node that reads the same rows and makes one entry a piece durable. */
interface EdgeBench {
  readonly edges: number;
  readonly lost: number;
  /** Pieces counted in two parts: the rows of hours come at once here, and a full FIFO may end in the middle of one. */
  readonly split: number;
  readonly edgesPerSecond: number;
  readonly bareEdgesPerSecond: number;
  /** 2 is twice as long as the bare one. */
  readonly ratio: number;
}

const PULSES = 10;
const OFFSET = 5;
const LINE = 'COIN';

/** The programs of libgpiod 2.2 as far as this needs them: `gpiomon` writes a file as fast as it is read, once it may. */
function programs(folder: string, rows: string): string {
  const scripts = {
    gpiodetect: 'case "$1" in --version) echo "gpiodetect (libgpiod) v2.2.1";; *) echo "gpiochip0 [bench] (8 lines)";; esac',
    gpioinfo: `printf 'gpiochip0 - 8 lines:\\n\\tline   ${OFFSET}:\\t"${LINE}"          \\tinput\\n'`,
    gpioget: 'echo 1',
    gpiomon: `echo 'Monitoring line ${OFFSET}...'; read -r _ <'${folder}/go'; cat '${rows}'; exec sleep 600`,
  };
  for (const [name, body] of Object.entries(scripts)) fs.writeFileSync(path.join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return `${folder}${path.delimiter}${process.env.PATH}`;
}

/** Pieces of ten pulses of 50 ms, by the times the kernel would have seen. */
function written(pieces: number): string {
  const rows: string[] = [];
  let ms = 1_000;
  const row = (edge: 1 | 2) =>
    rows.push(`${Math.floor(ms / 1_000)}.${String((ms % 1_000) * 1_000_000).padStart(9, '0')} ${edge} ${OFFSET}`);
  for (let piece = 0; piece < pieces; piece++) {
    for (let pulse = 0; pulse < PULSES; pulse++) {
      row(2);
      ms += 50;
      row(1);
      ms += pulse === PULSES - 1 ? 1_000 : 100;
    }
  }
  return `${rows.join('\n')}\n`;
}

/** Lets `pieces` pieces come out of a gpiomon at once. */
export async function benchEdges(dir: string, pieces = 1_000): Promise<EdgeBench> {
  const home = fs.mkdtempSync(path.join(dir, 'edges-'));
  try {
    const rows = path.join(home, 'rows');
    fs.writeFileSync(rows, written(pieces));
    const bareMs = await bare(rows, home, pieces);
    const { ms, pulses, credited } = await box(home, programs(home, rows), pieces);
    const edges = pieces * PULSES * 2;
    const perSecond = (took: number) => edges / (took / 1_000);
    const lost = edges - pulses * 2;
    const split = pieces - credited;
    return { edges, lost, split, edgesPerSecond: perSecond(ms), bareEdgesPerSecond: perSecond(bareMs), ratio: ms / bareMs };
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
}

/** Reads the rows and appends 100 durable bytes a piece. */
async function bare(rows: string, home: string, pieces: number): Promise<number> {
  const file = fs.openSync(path.join(home, 'bare'), 'w');
  const entry = Buffer.alloc(100, 0x20);
  const started = performance.now();
  let read = 0;
  for await (const row of createInterface(fs.createReadStream(rows))) {
    if (row.length > 0) read += 1;
    if (read % (PULSES * 2) !== 0) continue;
    fs.writeSync(file, entry);
    fs.fdatasyncSync(file);
  }
  const took = performance.now() - started;
  fs.closeSync(file);
  if (read !== pieces * PULSES * 2) throw new Error(`${read} rows were read`);
  return took;
}

async function box(
  home: string,
  PATH: string,
  pieces: number,
): Promise<{ readonly ms: number; readonly pulses: number; readonly credited: number }> {
  const clock = systemClock();
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const board = { inputs: { coin: { chip: 'bench', line: LINE, idle: 'high' } }, outputs: {} } as const;
  const gpio = libgpiodGpio({ board, debounceMs: 0, clock, log: silent, env: { PATH } });
  const store = openStore({ file: path.join(home, 'tilld.db'), boot: 'bench', clock });
  const till = new TillService({ store, entropy: systemEntropy, log: silent, policy: DEFAULT_POLICY, reports: true, version: 'bench' });
  const go = path.join(home, 'go');
  try {
    till.start({ qrPossible: () => false, cashPossible: () => true, cashBusy: () => false });
    execFileSync('mkfifo', [go]);
    await gpio.open();
    const entry: BoardPulseAcceptor = {
      name: 'coin',
      method: 'coin',
      kind: 'pulse',
      input: 'coin',
      profile: 'ch-926',
      denominations: { [PULSES]: 1_000 },
    };
    const profile = profileNamed(entry.profile);
    if (!profile) throw new Error('no profile');
    let pulses = 0;
    let credited = 0;
    const all = Promise.withResolvers<void>();
    const acceptor = pulseAcceptor({ gpio, clock, entry, profile, outputs: {}, boot: 'bench' });
    await acceptor.start((event) => {
      if (event.kind === 'credited') {
        till.submit({ type: 'cash', method: 'coin', acceptor: 'coin', train: event.train, amountMinor: event.amountMinor });
        credited += 1;
        pulses += PULSES;
      } else if (event.kind === 'unassigned') pulses += event.pulses;
      if (pulses >= pieces * PULSES) all.resolve();
    });
    const started = performance.now();
    fs.writeFileSync(go, '\n');
    await all.promise;
    const ms = performance.now() - started;
    await acceptor.stop();
    return { ms, pulses, credited };
  } finally {
    await gpio.close();
    store.close();
  }
}
