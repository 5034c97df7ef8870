import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ConfigurationFault } from '../domain/fault.ts';
import { parseJson } from '../domain/json.ts';
import { asObject, asPattern } from '../domain/json-fields.ts';
import { CUSTOMER, CUSTOMER_RULE } from '../domain/ota/names.ts';
import { parseVersion } from '../domain/ota/version.ts';
import { FORM, programPath } from '../program-files.ts';
import { type Context, UsageFault } from './command.ts';

type Env = Context['env'];

/** What goes into packages, and the keys that sign them: the folder `ota` beside `src`, or, without a checkout, where one stands. */
const OTA_FOLDER = FORM === 'checkout' ? programPath('ota') : resolve('ota');
const TEMPLATE = 'resource.json';
export const RESOURCE_TREE = join(OTA_FOLDER, 'resource');
/** Where a pair of keys lies unless another is named: `.key` and `.pub` are added. */
export const SIGNING_KEY = join(OTA_FOLDER, 'keys', 'signing');

/** npm starts its scripts in the package's own folder and keeps the user's in INIT_CWD. */
const NPM_SCRIPTS = ['firmware_package', 'resource_package', 'resource_tree', 'tilld'];

/** A path as the one who typed it means it. */
export function userPath(path: string, env: Env): string {
  const fromNpm = NPM_SCRIPTS.includes(env.npm_lifecycle_event ?? '') ? env.INIT_CWD : undefined;
  return resolve(fromNpm ?? process.cwd(), path);
}

/** The folder named by --out. @throws UsageFault when there is none */
export function outFolder(path: string, env: Env): string {
  const folder = userPath(path, env);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new UsageFault('--out is not usable', { found: JSON.stringify(path), expected: 'a folder that exists' });
}

/** A core file: where the user stands, or, by its bare name, in the `ota` folder. */
export function corePath(given: string, env: Env): string {
  const path = userPath(given, env);
  const inOta = join(OTA_FOLDER, given);
  return !existsSync(path) && basename(given) === given && existsSync(inOta) ? inOta : path;
}

/** The fields of the guide's resource.json that people set: `ota/resource.json`. */
export interface Template {
  readonly customerName: string;
  readonly version: string;
}

/** @throws ConfigurationFault `ota-template` */
export function readTemplate(): Template {
  const file = join(OTA_FOLDER, TEMPLATE);
  if (!existsSync(file)) return { customerName: 'DSPREAD', version: 'V1.0.0' };
  try {
    const { customerName, version } = asObject(parseJson(readFileSync(file), 64 * 1024), '');
    return {
      customerName: asPattern(customerName, 'customerName', CUSTOMER, CUSTOMER_RULE),
      version: parseVersion(String(version)).text,
    };
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationFault(`${file} is not usable`, {
      code: 'ota-template',
      found,
      remedy: 'Mend customerName and version in it.',
      cause,
    });
  }
}

/** A key file's text. @throws ConfigurationFault `ota-key-file` with the words of `remedy` */
export function readKey(file: string, remedy: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const found = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new ConfigurationFault(`The key ${file} cannot be read`, { code: 'ota-key-file', found, remedy, cause });
  }
}
