import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = readFileSync(join(import.meta.dirname, 'files/usr/lib/tilld-image/provision'), 'utf8');
const PROTECTED = ['sync', 'mount -o remount,ro BOOT', 'mount -o remount,ro /'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-script-'));
  mkdirSync(join(folder, 'boot'));
  for (const name of ['mount', 'sync', 'ssh-keygen', 'tilld', 'hostname']) put(name, 'true');
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, does: string) =>
  writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} "$@" >>${folder}/log\n${does}\n`, { mode: 0o755 });

/** What the script of the image does with a card file: the programs it starts, in their order. */
function run(cardFile: string): { readonly code: number | null; readonly log: readonly string[] } {
  const boot = join(folder, 'boot');
  writeFileSync(join(boot, 'tilld.json'), cardFile);
  const script = SCRIPT.replaceAll('/boot/firmware', boot);
  const { status } = spawnSync('sh', ['-c', script], { env: { PATH: `${folder}:${process.env.PATH}` } });
  const text = existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '';
  return { code: status, log: text.replaceAll(boot, 'BOOT').trim().split('\n') };
}

describe('the start of a box with a card file', () => {
  it('makes the keys of ssh before the card file is gone, for after a cut nobody would', () => {
    const { code, log } = run('{"sshKey": "…"}');
    expect(code).toBe(0);
    expect(log.slice(2)).toEqual([
      'ssh-keygen -q -A',
      'sync',
      'tilld provision --boot BOOT',
      'hostname --file /etc/hostname',
      ...PROTECTED,
    ]);
  });

  it('makes none where nobody may log in', () => {
    expect(run('{"hostname": "wash-7"}').log.join()).not.toContain('ssh-keygen');
  });

  it('leaves the system protected when the file is wrong', () => {
    put('tilld', 'exit 1');
    const { code, log } = run('nonsense');
    expect([code, log.slice(2)]).toEqual([1, ['tilld provision --boot BOOT', ...PROTECTED]]);
  });
});
