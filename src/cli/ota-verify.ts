import { existsSync } from 'node:fs';
import { excerpt } from '../domain/card-data.ts';
import { keyId } from '../ota/package/keys.ts';
import { inspectPackage, type PackageReport } from '../ota/package/verify.ts';
import { columns } from './columns.ts';
import { type Command, type Context, command } from './command.ts';
import { readKey, SIGNING_KEY, userPath } from './ota-folder.ts';
import { progressBar } from './progress.ts';

/** Longest file name shown, characters. */
const MAX_NAME = 255;

/** `tilld ota verify` */
export const verify: Command = command({
  name: 'verify',
  summary: 'Say what a package is, by whom, for what, and everything that was checked',
  usage: 'FILE',
  args: { least: 1, most: 1 },
  options: { key: { type: 'string', value: 'FILE', help: 'Public key of its maker; default ota/keys/signing.pub' } },
  examples: ['tilld ota verify CUST_DS50-MQ_ACME_V1.0.0.zip --key acme.pub'],
  async run({ args: [file = ''], values: { key }, env, show }) {
    const keys = publicKeys(key, env);
    const bar = progressBar('Checking');
    const report = await inspectPackage(userPath(file, env), { keys, progress: (done, total) => bar.update(done, total) }).finally(() =>
      bar.end(),
    );
    const shown = { ...report, name: excerpt(report.name, MAX_NAME) };
    show(shown, () => reportText(shown));
    return report.ok ? 0 : 1;
  },
});

function publicKeys(given: string | undefined, env: Context['env']): readonly string[] {
  const file = given === undefined ? `${SIGNING_KEY}.pub` : userPath(given, env);
  if (given === undefined && !existsSync(file)) return [];
  const pem = readKey(file, 'Check --key.');
  keyId(pem);
  return [pem];
}

function reportText({ ok, name, size, sha256, signedBy, manifest, checks }: PackageReport): string {
  const core = manifest?.core[0];
  const rows: [string, string | null][] = [
    [
      'what',
      manifest &&
        `${manifest.type === 'AP' ? 'firmware' : 'resources'} ${manifest.version} (code ${manifest.versionCode}, epoch ${manifest.epoch})`,
    ],
    ['for', manifest && `${manifest.customerName}, ${manifest.compat.models.join(', ')}, tilld ${manifest.compat.minRuntime} or newer`],
    ['by', signedBy === null ? 'nobody who is known' : `key ${signedBy}`],
    ['made', manifest?.created ?? null],
    ['size', size === null ? null : `${size} bytes${core ? `, ${core.unpackedSize} unpacked, ${manifest?.files.length ?? 0} files` : ''}`],
    ['sha256', sha256],
  ];
  return printable([
    `${name}: ${ok ? 'good' : 'NOT good'}`,
    ...rows.filter(([, value]) => value !== null).map(([label, value]) => `${label.padEnd(8)}${value}`),
    '',
    ...columns(checks.map((check) => [check.ok ? 'ok' : 'FAIL', check.name, check.ok ? check.detail : `${check.code}: ${check.detail}`])),
  ]);
}

/** Names come from strangers: nothing in them may steer the terminal. */
const printable = (lines: readonly string[]): string => lines.map((line) => line.replace(/\p{C}/gu, '\u{fffd}')).join('\n');
