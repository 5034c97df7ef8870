// Kills a box hundreds of times and compares the books after each, or an install at each of its steps. Exit code 1 when
// the books do not balance or a box does not come back.
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { campaign } from '../src/testkit/crash/campaign.ts';
import { seededEntropy } from '../src/testkit/entropy.ts';
import { scratchDirectory } from '../src/testkit/powercut/scratch.ts';
import { sweep } from '../src/testkit/powercut/sweep.ts';

const HELP = `Kills a box at every commit of every scenario, then at random instants, and compares the books after each kill.

Usage: npm run crash -- [--kills N] [--seed N] [--json]
       npm run crash -- --ota [--json]

  --kills N  stop after so many kills (default 500)
  --seed N   for the random instants (default 1)
  --ota      kill installs of updates instead, at every call with which they change the disk (needs strace)
`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    ota: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
  process.stderr.write('crash: --kills and --seed are whole numbers, --kills at least 1\n');
  process.exit(2);
}
const progress = (kills: string, faults: readonly string[]): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${kills}\u001B[K`);
  for (const fault of faults) process.stderr.write(`\n${fault}\n`);
};
const started = performance.now();
const { result, text } = await (values.ota ? installs() : sales());
if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
const seconds = Math.round((performance.now() - started) / 1_000);
process.stdout.write(values.json ? `${JSON.stringify({ ...result, seconds })}\n` : `${text}, ${seconds} s\n`);
process.exitCode = result.faults.length === 0 ? 0 : 1;

async function sales() {
  const entropy = seededEntropy(seed);
  const random = () => entropy.fraction();
  const result = await campaign({ kills, random, onRound: (done, faults) => progress(`${done} of ${kills} kills`, faults) });
  const text =
    `${result.kills} kills, ${result.sales} sales, ${result.paidCharges} charges paid, ${result.indeterminate} deliveries cut off in the act, ` +
    `${result.faults.length} faults in the books`;
  return { result, text };
}

async function installs() {
  const work = scratchDirectory();
  try {
    const result = await sweep({ work, every: 1, onKill: (done, faults) => progress(`${done} kills`, faults) });
    return { result, text: `${result.kills} installs killed, ${result.faults.length} faults` };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
