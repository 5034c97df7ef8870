import { readFileSync } from 'node:fs';
import { ConfigurationFault } from '../../src/domain/fault.ts';
import { fontLicences } from './built-in.ts';

/** The name of the file in which `npm run executable` says on what terms others' work is in it. */
const licencesFile = (executable: string): string => `${executable}.LICENCES.txt`;

/** The terms of all that is built into an executable, from the file beside it and those of the fonts. @throws ConfigurationFault `licences-missing` */
export function licencesBeside(executable: string): string {
  try {
    return `${readFileSync(licencesFile(executable), 'utf8').trim()}\n\n${fontLicences()}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new ConfigurationFault('On what terms the work of others is in the executable is not known', {
      code: 'licences-missing',
      found: `no ${licencesFile(executable)}`,
      expected: 'it beside the executable, as `npm run executable` writes it',
      remedy: 'Leave --executable out, or give what `npm run executable` has made.',
      cause: error,
    });
  }
}
