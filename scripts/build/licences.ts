import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceFault } from '../../src/domain/fault.ts';

const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const TEXT = /^(licen[cs]e|copying|notice)/i;

/**
 * The licences of the packages these files are of, in one text, by the names of the packages.
 * @throws DeviceFault `licence-missing` when a package names none
 */
export function licencesOf(files: readonly string[]): string {
  const folders = new Set(files.flatMap((file) => PACKAGE.exec(file)?.[0] ?? []));
  return [...folders].map(licenceIn).sort().join('\n');
}

function licenceIn(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => TEXT.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (typeof license === 'string') return `${[`${name} ${version} (${license})`, ...texts].join('\n\n')}\n`;
  throw new DeviceFault('A package that is built in names no licence', {
    code: 'licence-missing',
    found: `${name} ${version}`,
    expected: 'a licence in its package.json',
    remedy: 'Find out on what terms it may be passed on, or do without it.',
  });
}
