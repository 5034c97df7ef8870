import { basename } from 'node:path';
import { MAX_PACKAGE_BYTES } from '../domain/ota/limits.ts';
import { parsePackageName } from '../domain/ota/names.ts';
import type { UpdateState } from '../domain/ota/update.ts';
import type { InstallStep } from '../ota/install.ts';
import { type Command, command, integerOption, UsageFault } from './command.ts';
import { userPath } from './ota-folder.ts';
import { policyOf, updatesOnDisk } from './ota-local.ts';
import { atPlace, PLACE_OPTIONS } from './ota-place.ts';
import { type ProgressBar, progressBar } from './progress.ts';

const LABELS: Readonly<Record<InstallStep, string>> = { copy: 'Copying', verify: 'Checking', unpack: 'Unpacking' };

/** `tilld ota install` */
export const install: Command = command({
  name: 'install',
  summary: 'Install a package from a file; it then has to prove itself',
  usage: 'FILE',
  args: { least: 1, most: 1 },
  options: {
    ...PLACE_OPTIONS,
    config: { type: 'string', value: 'FILE', help: 'Configuration of the box: whom it trusts (needed while it does not run)' },
    'permit-downgrade': {
      type: 'boolean',
      help: 'Also install an older version or epoch than the box has, or the same version made anew',
      default: false,
    },
    unsigned: { type: 'boolean', help: 'Install a package nobody signed; needs --size and --sha256', default: false },
    size: { type: 'string', value: 'N', help: 'Its exact size in bytes' },
    sha256: { type: 'string', value: 'HEX', help: 'Its SHA-256' },
  },
  examples: [
    'tilld ota install CUST_DS50-MQ_ACME_V1.0.0.zip',
    'tilld ota install AP_DS50-MQ_ACME_V1.2.0.zip --state /var/lib/tilld --config /etc/tilld/tilld.json',
  ],
  async run({ args: [given = ''], values, env, io, show }) {
    const { config, unsigned, size, sha256, 'permit-downgrade': permitDowngrade, ...where } = values;
    const file = userPath(given, env);
    const terms = { permitDowngrade, unsigned: unsignedTerms(unsigned, size, sha256) };
    const state = await atPlace<UpdateState>(
      { values: where, env },
      {
        box: async (client) => (await client.installUpdate({ file, ...terms })).state,
        disk: async (stateDir) => {
          if (config === undefined) throw new UsageFault('--config is missing', { expected: '--config FILE while the box does not run' });
          const updates = await updatesOnDisk(stateDir, await policyOf(config, env), io);
          const { installFile } = await import('../ota/install.ts');
          const bars = stepBars();
          await installFile(updates, file, terms, bars.step).finally(bars.end);
          return updates.state();
        },
      },
    );
    show(state, () => installedText(state, basename(file)));
    return 0;
  },
});

function unsignedTerms(unsigned: boolean, size: string | undefined, sha256: string | undefined): { size: number; sha256: string } | null {
  if (!unsigned) {
    if (size === undefined && sha256 === undefined) return null;
    throw new UsageFault('--size and --sha256 are for --unsigned only');
  }
  if (size === undefined || sha256 === undefined)
    throw new UsageFault('--unsigned needs --size and --sha256', { expected: 'both, from whoever made it' });
  if (!/^[0-9a-fA-F]{64}$/.test(sha256))
    throw new UsageFault('--sha256 is not usable', { found: JSON.stringify(sha256), expected: '64 hex digits' });
  return { size: integerOption('size', size, 1, MAX_PACKAGE_BYTES), sha256: sha256.toLowerCase() };
}

/** One bar a step; the next step ends the one before. */
function stepBars() {
  let bar: ProgressBar | null = null;
  const end = () => {
    bar?.end();
    bar = null;
  };
  const step = (name: InstallStep) => {
    end();
    const mine = progressBar(LABELS[name]);
    bar = mine;
    return (done: number, total: number) => mine.update(done, total);
  };
  return { step, end };
}

/** A running box answers when it has the file; `tilld ota status` says how it went on. */
function installedText({ slots }: UpdateState, name: string): string {
  const { type } = parsePackageName(name);
  if (slots[type].current?.name !== name) return `${name} is taken up; the box checks it and switches to it when no sale is open.`;
  const proof = type === 'AP' ? 'it starts at the next start by tilld-launch' : 'the box proves it while it runs';
  return `${name} is installed and on trial: ${proof}.`;
}
