import { basename } from 'node:path';
import { MAX_EPOCH } from '../domain/ota/manifest.ts';
import { CUSTOMER, CUSTOMER_RULE, parseCoreName } from '../domain/ota/names.ts';
import { DEFAULT_CREATED, isTimestamp, TIMESTAMP_RULE, toTimestamp } from '../domain/ota/timestamp.ts';
import { runtimeCode } from '../domain/ota/version.ts';
import { type PackedPackage, packPackage } from '../ota/package/pack.ts';
import { type Command, type Context, command, integerOption, UsageFault } from './command.ts';
import { corePath, outFolder, readKey, readTemplate, SIGNING_KEY, userPath } from './ota-folder.ts';
import { progressBar } from './progress.ts';

const TYPES = ['AP', 'CUST'];

/** `tilld ota pack` */
export const pack: Command = command({
  name: 'pack',
  summary: 'Make the package of a core file: DS50_app_V….img or resource_V….zip',
  usage: 'CORE',
  args: { least: 1, most: 1 },
  options: {
    customer: { type: 'string', value: 'NAME', help: 'Whose boxes it is for; default: customerName in ota/resource.json' },
    key: { type: 'string', value: 'FILE', help: 'Private key that signs it; default ota/keys/signing.key' },
    unsigned: { type: 'boolean', help: 'Do not sign: boxes take it only by its exact size and hash', default: false },
    out: { type: 'string', value: 'DIR', help: 'Where to', default: '.' },
    created: { type: 'string', value: 'TIME', help: `Time it says it was made; default: SOURCE_DATE_EPOCH, or ${DEFAULT_CREATED}` },
    epoch: { type: 'string', value: 'N', help: 'Outranks the version: a higher one replaces any version of a lower one', default: '1' },
    'min-runtime': { type: 'string', value: 'X.Y.Z', help: 'Oldest tilld it runs on', default: '0.1.0' },
    type: { type: 'string', value: 'AP|CUST', help: 'Refuse a core file of the other type' },
  },
  examples: ['tilld ota pack DS50_app_V1.0.0.img --customer ACME', 'npm run resource_package -- resource_V1.0.0.zip'],
  async run({ args: [given = ''], values, env, show }) {
    const options = {
      customer: customerOf(values.customer),
      ...timeOf(values.created, env),
      ...rankOf(values.epoch, values['min-runtime']),
    };
    checkType(given, values.type);
    if (values.unsigned && values.key !== undefined) throw new UsageFault('--key and --unsigned contradict each other');
    const privateKey = values.unsigned ? null : privateKeyOf(values.key, env);
    const bar = progressBar('Packing');
    const made = await packPackage({
      ...options,
      core: corePath(given, env),
      outDir: outFolder(values.out, env),
      privateKey,
      progress: (done, total) => bar.update(done, total),
    }).finally(() => bar.end());
    show(made, () => madeText(made, privateKey !== null));
    return 0;
  },
});

function customerOf(given: string | undefined): string {
  if (given === undefined) return readTemplate().customerName;
  if (CUSTOMER.test(given)) return given;
  throw new UsageFault('--customer is not usable', { found: JSON.stringify(given), expected: CUSTOMER_RULE });
}

function timeOf(given: string | undefined, env: Context['env']): { created: string } {
  if (given !== undefined) {
    const time = isTimestamp(given) ? given : null;
    if (time === null) throw new UsageFault('--created is not usable', { found: JSON.stringify(given), expected: TIMESTAMP_RULE });
    return { created: time };
  }
  const seconds = env.SOURCE_DATE_EPOCH;
  if (seconds === undefined || seconds === '') return { created: DEFAULT_CREATED };
  const time = /^\d{1,12}$/.test(seconds) ? toTimestamp(Number(seconds) * 1_000) : null;
  if (time === null)
    throw new UsageFault('SOURCE_DATE_EPOCH is not usable', { found: JSON.stringify(seconds), expected: 'seconds since 1970' });
  return { created: time };
}

function rankOf(epoch: string, minRuntime: string): { epoch: number; minRuntime: string } {
  if (runtimeCode(minRuntime) === null)
    throw new UsageFault('--min-runtime is not usable', { found: JSON.stringify(minRuntime), expected: 'a version such as 0.1.0' });
  return { epoch: integerOption('epoch', epoch, 1, MAX_EPOCH), minRuntime };
}

function checkType(given: string, type: string | undefined): void {
  if (type === undefined) return;
  if (!TYPES.includes(type)) throw new UsageFault('--type is not usable', { found: JSON.stringify(type), expected: TYPES.join(' or ') });
  if (parseCoreName(basename(given)).type !== type) {
    throw new UsageFault('The core file is of the other type', {
      found: JSON.stringify(basename(given)),
      expected: type === 'AP' ? 'DS50_app_V….img' : 'resource_V….zip',
      remedy: `Use \`npm run ${type === 'AP' ? 'resource_package' : 'firmware_package'}\`.`,
    });
  }
}

const privateKeyOf = (given: string | undefined, env: Context['env']): string =>
  given === undefined
    ? readKey(`${SIGNING_KEY}.key`, 'Make one with `tilld ota keygen`, name another with --key, or pack with --unsigned.')
    : readKey(userPath(given, env), 'Check --key.');

const madeText = ({ file, size, sha256 }: PackedPackage, signed: boolean): string =>
  [
    file,
    `${size} bytes, sha256 ${sha256}`,
    ...(signed ? [] : ['Not signed: a box takes it only from an operator who gives this size and hash.']),
  ].join('\n');
