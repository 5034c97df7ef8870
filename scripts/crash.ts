// Kills a box hundreds of times and compares the books after each. Exit code 1 when they do not balance.
import { parseArgs } from 'node:util';
import { campaign } from '../src/testkit/crash/campaign.ts';
import { seededEntropy } from '../src/testkit/entropy.ts';

const HELP = `Kills a box at every commit of every scenario, then at random instants, and compares the books after each kill.

Usage: npm run crash -- [--kills N] [--seed N] [--json]

  --kills N  stop after so many kills (default 500)
  --seed N   for the random instants (default 1)
`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
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
const entropy = seededEntropy(seed);
const started = performance.now();
const result = await campaign({
  kills,
  random: () => entropy.fraction(),
  onRound: (done, faults) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${kills} kills\u001B[K`);
    for (const fault of faults) process.stderr.write(`\n${fault}\n`);
  },
});
if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
const seconds = Math.round((performance.now() - started) / 1_000);
process.stdout.write(
  values.json
    ? `${JSON.stringify({ ...result, seconds })}\n`
    : `${result.kills} kills, ${result.sales} sales, ${result.paidCharges} charges paid, ${result.indeterminate} deliveries cut off in the act, ` +
        `${result.faults.length} faults in the books, ${seconds} s\n`,
);
process.exitCode = result.faults.length === 0 ? 0 : 1;
