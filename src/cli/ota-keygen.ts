import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CallerFault, ConfigurationFault } from '../domain/fault.ts';
import { keyId, makeKeyPair } from '../ota/package/keys.ts';
import { type Command, command } from './command.ts';
import { SIGNING_KEY, userPath } from './ota-folder.ts';

/** `tilld ota keygen` */
export const keygen: Command = command({
  name: 'keygen',
  summary: 'Make a pair of keys: one signs packages, boxes know the other',
  usage: '',
  options: { out: { type: 'string', value: 'NAME', help: 'Where to: NAME.key and NAME.pub; default ota/keys/signing' } },
  examples: ['tilld ota keygen', 'tilld ota keygen --out acme-2026'],
  async run({ values, env, show }) {
    const base = values.out === undefined ? SIGNING_KEY : userPath(values.out, env);
    const files = { privateKey: `${base}.key`, publicKey: `${base}.pub` };
    const there = Object.values(files).find((file) => existsSync(file));
    if (there !== undefined) {
      throw new CallerFault('There is a key already', {
        code: 'ota-key-exists',
        found: there,
        remedy: 'Boxes believe only packages of the keys they know: keep it, or give the new one another name with --out.',
      });
    }
    const pair = makeKeyPair();
    write(files.privateKey, pair.privateKey, 0o600);
    write(files.publicKey, pair.publicKey, 0o644);
    const id = keyId(pair.publicKey);
    show({ id, ...files }, () =>
      [
        `Key ${id}`,
        `${files.privateKey}: signs packages; keep it to yourself, and keep a copy where it cannot be lost`,
        `${files.publicKey}: goes into the configuration of every box`,
      ].join('\n'),
    );
    return 0;
  },
});

/** `wx`: a key that is there is never written over. */
function write(file: string, text: string, mode: number): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode, flag: 'wx' });
  } catch (cause) {
    const found = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new ConfigurationFault(`${file} cannot be written`, {
      code: 'file-not-written',
      found,
      remedy: 'Name another place with --out.',
      cause,
    });
  }
}
