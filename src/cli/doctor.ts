import { existsSync, statSync } from 'node:fs';
import type { Examined, Verdict } from '../runtime/doctor/finding.ts';
import { type Command, type Context, command } from './command.ts';
import { userPath } from './ota-folder.ts';
import { progressBar } from './progress.ts';
import { BOX_STATE } from './run.ts';

/** Where a package puts the configuration of a box. */
export const BOX_CONFIG = '/etc/tilld/tilld.json';

/** The file named by --config, else the one of the package; null where there is neither. */
export function configFile(given: string | undefined, env: Context['env'], packaged = BOX_CONFIG): string | null {
  if (given !== undefined) return userPath(given, env);
  try {
    return statSync(packaged, { throwIfNoEntry: false }) === undefined ? null : packaged;
  } catch {
    // This user may not look there. Whoever reads it says so, which is better than that there is none.
    return packaged;
  }
}

/** `tilld doctor` */
export const doctor: Command = command({
  name: 'doctor',
  summary: 'Examine a box, and say how to mend what is wrong',
  usage: '',
  options: {
    config: { type: 'string', value: 'FILE', help: `Configuration of the box; default ${BOX_CONFIG} where it exists` },
    state: { type: 'string', value: 'DIR', help: `Folder of its journal; default ${BOX_STATE} where it exists, else .tilld` },
  },
  examples: [
    'sudo -u tilld tilld doctor',
    'tilld doctor --config box.json --state .tilld',
    'tilld doctor --json   # every finding, for programs',
  ],
  async run({ values, env, show }) {
    const [{ examineBox }, { systemClock }, { systemEntropy }] = await Promise.all([
      import('../runtime/doctor/doctor.ts'),
      import('../runtime/clock.ts'),
      import('../runtime/entropy.ts'),
    ]);
    const bar = progressBar('Examining', process.stderr, 0);
    const results = await examineBox({
      configFile: configFile(values.config, env),
      stateDir: userPath(values.state ?? (existsSync(BOX_STATE) ? BOX_STATE : '.tilld'), env),
      world: {
        root: '/',
        env,
        person: { uid: process.getuid?.() ?? 0, gids: process.getgroups?.() ?? [] },
        clock: systemClock(),
      },
      entropy: systemEntropy,
      onProgress: (done, total) => bar.update(done, total),
    }).finally(() => bar.end());
    const well = results.every(({ verdict }) => verdict !== 'fault');
    show({ ok: well, findings: results }, () => doctorText(results));
    return well ? 0 : 1;
  },
});

const SIGNS: Readonly<Record<Verdict, string>> = { ok: 'ok     ', warning: 'WARNING', fault: 'FAULT  ', skipped: '-      ' };
const INDENT = ' '.repeat(9);

/** One line a finding, and below it what was expected and what to do. What is wrong with several things in the same way is said once. */
export function doctorText(results: readonly Examined[]): string {
  const lines = together(results).flatMap(({ verdict, title, found, reason, expected, remedy }) => [
    `${SIGNS[verdict]}  ${title}: ${found.replaceAll('\n', `\n${INDENT}`)}${reason === undefined ? '' : ` [${reason}]`}`,
    ...(expected === undefined ? [] : [`${INDENT}expected: ${expected}`]),
    ...(remedy === undefined ? [] : [`${INDENT}to do: ${remedy}`]),
  ]);
  const howMany = (verdict: Verdict) => results.filter((one) => one.verdict === verdict).length;
  const sum = `${results.length} examined: ${howMany('ok')} ok, ${howMany('warning')} to look at, ${howMany('fault')} at fault, ${howMany('skipped')} left out`;
  // What devices and servers say is written by strangers: nothing in it may steer the terminal.
  return [...lines, '', sum].map((line) => line.replace(/[^\P{C}\n]/gu, '\u{fffd}')).join('\n');
}

function together(results: readonly Examined[]): Examined[] {
  const groups = Map.groupBy(results, ({ code, title, ...finding }) =>
    finding.verdict === 'ok' ? `${code} ${title}` : JSON.stringify(finding),
  );
  return [...groups.values()].flatMap(([first, ...others]) =>
    first ? [{ ...first, title: [first, ...others].map(({ title }) => title).join(', ') }] : [],
  );
}
