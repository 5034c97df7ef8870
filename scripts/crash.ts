// Kills a box hundreds of times and compares the books after each, or an install at each of its steps. Exit code 1 when
// the books do not balance or a box does not come back.
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type CampaignResult, campaign } from '../src/testkit/crash/campaign.ts';
import { DS50 } from '../src/testkit/crash/ds50-scenarios.ts';
import { KIOSK } from '../src/testkit/crash/kiosk-scenarios.ts';
import { PAYMENT_GATEWAY } from '../src/testkit/crash/payment-gateway-scenarios.ts';
import { PROMPTPAY } from '../src/testkit/crash/promptpay-scenarios.ts';
import { QRIS_SOUNDBOX } from '../src/testkit/crash/qris-scenarios.ts';
import { SERIAL_ACCEPTORS } from '../src/testkit/crash/serial-scenarios.ts';
import type { Setting } from '../src/testkit/crash/setting.ts';
import type { World } from '../src/testkit/crash/world.ts';
import { seededEntropy } from '../src/testkit/entropy.ts';
import { scratchDirectory } from '../src/testkit/powercut/scratch.ts';
import { sweep } from '../src/testkit/powercut/sweep.ts';

const SETTINGS = [PROMPTPAY, DS50, QRIS_SOUNDBOX, KIOSK, PAYMENT_GATEWAY, SERIAL_ACCEPTORS] as const;
const NAMES = SETTINGS.flatMap(({ scenarios }) => scenarios.map(({ name }) => name));

const HELP = `Kills a box at the commits of every scenario, then at random instants, and compares the books after each kill.

Usage: npm run crash -- [--kills N] [--seed N] [--scenario NAME]... [--json]
       npm run crash -- --ota [--json]

  --kills N        stop after so many kills, spread over the scenarios (default 500)
  --seed N         for what is left to chance (default 1)
  --scenario NAME  only this one; may be given more than once. There are:
                   ${PROMPTPAY.scenarios.map(({ name }) => name).join(', ')} (promptpay),
                   ${DS50.scenarios.map(({ name }) => name).join(', ')} (ds50),
                   ${QRIS_SOUNDBOX.scenarios.map(({ name }) => name).join(', ')} (qris-soundbox),
                   ${KIOSK.scenarios.map(({ name }) => name).join(', ')} (kiosk),
                   ${PAYMENT_GATEWAY.scenarios.map(({ name }) => name).join(', ')} (payment-gateway),
                   ${SERIAL_ACCEPTORS.scenarios.map(({ name }) => name).join(', ')} (serial-acceptors; needs python3)
  --ota            kill installs of updates instead, at every call with which they change the disk (needs strace)
`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    scenario: { type: 'string', multiple: true, default: NAMES },
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
const unknown = values.scenario.find((name) => !NAMES.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`crash: there is no scenario ${JSON.stringify(unknown)}, only ${NAMES.join(', ')}\n`);
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
  const results: CampaignResult[] = [];
  let killed = 0;
  const onRound = (done: number, faults: readonly string[]) => progress(`${killed + done} of ${kills} kills`, faults);
  const fight = async <W extends World>(setting: Setting<W>): Promise<void> => {
    const only = setting.scenarios.map(({ name }) => name).filter((name) => values.scenario.includes(name));
    if (only.length === 0) return;
    const share = Math.ceil((kills * only.length) / values.scenario.length);
    const result = await campaign(setting, { kills: share, only, random, onRound });
    killed += result.kills;
    results.push(result);
  };
  await fight(PROMPTPAY);
  await fight(DS50);
  await fight(QRIS_SOUNDBOX);
  await fight(KIOSK);
  await fight(PAYMENT_GATEWAY);
  await fight(SERIAL_ACCEPTORS);
  const faults = results.flatMap((result) => result.faults);
  const text = [...results.map(told), `${killed} kills, ${faults.length} faults in the books`].join('\n');
  return { result: { kills: killed, faults, settings: results }, text };
}

function told({ setting, kills, killsIn, everyCommit, figures }: CampaignResult): string {
  const list = (counts: Readonly<Record<string, number>>) => Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  const reach = everyCommit ? 'before and after every commit' : 'at a part of the commits, for which --kills was too small';
  return `${setting}: ${kills} kills (${list(killsIn).join(', ')}), ${reach}; ${list(figures).join(', ')}`;
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
