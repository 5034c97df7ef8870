import { ConfigurationFault, Fault } from '../../src/domain/fault.ts';
import { ROOT } from '../build/bundle.ts';
import { runProgram } from '../debian/run-program.ts';

const VARIABLE = 'SOURCE_DATE_EPOCH';
/** Tar and zip archives hold no later time, and none before 1980. */
const LATEST = 0xff_ff_ff_ff;

/**
 * The time that everything built from these sources bears, seconds since 1970: SOURCE_DATE_EPOCH
 * (https://reproducible-builds.org/specs/source-date-epoch/), else that of the last commit.
 * @throws ConfigurationFault `build-time`
 */
export async function buildTime(env: Readonly<Record<string, string | undefined>>, folder = ROOT): Promise<number> {
  const given = env[VARIABLE];
  const text = given ?? (await committed(folder));
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= LATEST) return seconds;
  throw unusable(`${VARIABLE} is not usable`, JSON.stringify(text), undefined);
}

async function committed(folder: string): Promise<string> {
  try {
    return (await runProgram('git', ['log', '-1', '--format=%ct'], { from: 'git', cwd: folder })).trim();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw unusable('When these sources were last changed is not known', error.explain(), error);
  }
}

const unusable = (message: string, found: string, cause: Fault | undefined): ConfigurationFault =>
  new ConfigurationFault(message, {
    code: 'build-time',
    found,
    expected: `seconds since 1970 in ${VARIABLE}, or a checkout with git`,
    remedy: `Set ${VARIABLE}, for instance to \`date +%s\`.`,
    cause,
  });
