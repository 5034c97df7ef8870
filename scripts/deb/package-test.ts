import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceFault } from '../../src/domain/fault.ts';
import { VERSION } from '../../src/runtime/version.ts';
import { runProgram } from '../debian/run-program.ts';
import { buildTime } from './build-time.ts';
import { makeDeb } from './make-deb.ts';
import { boot, inRoot, testRoot } from './test-root.ts';

/** What the test root is. */
export const ARCH = 'amd64';
const NEXT = '999.0.0';
/** What an owner makes of the example: a box on a virtual board. */
const EDITED = JSON.stringify({
  device: { serial: 'BOX-0001', mac: '02:00:00:00:00:01', chipId: '10000000a1b2c3d4', model: 'raspberry-pi-4' },
  board: 'sim',
  protocol: 'promptpay',
  promptpay: { http: { url: 'https://backend.example' }, mqtt: { url: 'mqtts://broker.example' } },
});

/** Does one thing and says how long it took. */
export type Test = <T>(what: string, act: () => Promise<T>) => Promise<T>;

/** The whole life of the package on a box, with a real executable. `work`: an empty folder. @throws AssertionError, DeviceFault */
export async function testPackage(test: Test, work: string, executable: string): Promise<void> {
  const builtAt = await buildTime(process.env);
  const pack = async (version: string) => {
    const options = {
      arch: ARCH,
      compression: 'zstd',
      out: work,
      version,
      builtAt,
      executable,
      licences: 'Terms of others.\n',
      sbom: '{}\n',
    } as const;
    return (await makeDeb(options)).file;
  };
  const [first, second] = await test('two versions are packed', async () => [await pack(VERSION), await pack(NEXT)] as const);
  await test('lintian has nothing against it', async () => {
    // Debian itself takes no zstd.
    const how = ['--allow-root', '--fail-on=error,warning', '--suppress-tags=malformed-deb-archive'];
    await runProgram('lintian', [...how, first], { from: 'lintian' });
  });
  const root = join(work, 'root');
  await test('a root file system is made', async () => {
    mkdirSync(root);
    await runProgram('tar', ['-xf', await testRoot(), '-C', root], { from: 'tar' });
  });
  const at = (path: string): string => join(root, path);
  const run = (...command: readonly string[]) => inRoot(root, ...command);
  const install = async (deb: string) => {
    copyFileSync(deb, at('root/tilld.deb'));
    await run('dpkg', '--install', '/root/tilld.deb');
  };

  await test('it is installed', async () => {
    await install(first);
    assert.equal(await run('tilld', '--version'), `${VERSION}\n`);
    assert.match(await run('tilld-launch', '--help'), /^Usage: tilld launch/m);
    assert.match(await run('id', '--name', '--groups', 'tilld'), /^tilld .*\bgpio\b/);
    assert.equal(await run('stat', '--format=%U:%G %a', '/etc/tilld'), 'root:tilld 750\n');
    assert.equal(await run('systemctl', 'is-enabled', 'tilld.service'), 'enabled\n');
    assert.equal((await run('man', '--where', 'tilld', 'tilld-launch')).trim().split('\n').length, 2);
    await run('systemd-analyze', 'verify', 'tilld.service');
    await run('systemd-analyze', 'security', '--offline=yes', '--threshold=15', 'tilld.service');
    assert.equal(await run('dpkg', '--verify', 'tilld'), '');
  });
  await test('its example is in order but for who the box is, which a Raspberry Pi says itself', async () => {
    await assert.rejects(run('tilld', 'config', 'check', '/etc/tilld/tilld.json'), ({ found }: DeviceFault) => {
      const faults = found?.match(/^ {2}\$\S+(?=:)/gm)?.map((path) => path.trim().replace(/\.\w+$/, ''));
      assert.deepEqual([...new Set(faults)], ['$.device']);
      return true;
    });
    writeFileSync(at('root/edited.json'), EDITED);
    assert.match(await run('tilld', 'config', 'check', '/root/edited.json'), /is in order/);
  });
  await test('it is booted: it waits for its file, says when it is ready, and comes back from everything', () => testBoot(root));

  const journal = digest(at('var/lib/tilld/tilld.db'));
  const kept = () => {
    assert.equal(digest(at('var/lib/tilld/tilld.db')), journal);
    assert.equal(readFileSync(at('etc/tilld/tilld.json'), 'utf8'), EDITED);
  };
  await test('an upgrade keeps the edited file and the journal', async () => {
    await install(second);
    assert.equal(await run('dpkg-query', '--show', 'tilld'), `tilld\t${NEXT}\n`);
    assert.equal(await run('systemctl', 'is-enabled', 'tilld.service'), 'enabled\n');
    kept();
  });
  await test('removing keeps them too', async () => {
    await run('dpkg', '--remove', 'tilld');
    assert.equal(existsSync(at('usr/bin/tilld')), false);
    kept();
  });
  await test('installed again, it goes on with them', async () => {
    await install(first);
    kept();
  });
  await test('purging deletes them, and leaves what somebody put beside them', async () => {
    writeFileSync(at('etc/tilld/mqtt-password'), 'not-a-password');
    await run('dpkg', '--purge', 'tilld');
    assert.deepEqual([existsSync(at('var/lib/tilld')), existsSync(at('etc/tilld/tilld.json'))], [false, false]);
    assert.equal(readFileSync(at('etc/tilld/mqtt-password'), 'utf8'), 'not-a-password');
    await run('id', 'tilld');
  });
  await test('purging does not follow a link to where somebody keeps the journal', async () => {
    mkdirSync(at('srv/journal'));
    writeFileSync(at('srv/journal/tilld.db'), 'money');
    symlinkSync('/srv/journal', at('var/lib/tilld'));
    await install(first);
    await run('dpkg', '--purge', 'tilld');
    assert.equal(lstatSync(at('var/lib/tilld'), { throwIfNoEntry: false }), undefined);
    assert.equal(readFileSync(at('srv/journal/tilld.db'), 'utf8'), 'money');
  });
}

async function testBoot(root: string): Promise<void> {
  const script = join(root, 'root', 'booted.sh');
  copyFileSync(join(import.meta.dirname, 'booted.sh'), script);
  chmodSync(script, 0o755);
  const units = join(root, 'etc/systemd/system');
  writeFileSync(join(units, 'booted.service'), '[Unit]\nAfter=multi-user.target\n[Service]\nExecStart=/root/booted.sh\n');
  symlinkSync('../booted.service', join(units, 'multi-user.target.wants', 'booted.service'));
  await boot(root);
  rmSync(join(units, 'multi-user.target.wants', 'booted.service'));
  const seen = Object.fromEntries(
    readFileSync(join(root, 'root/seen'), 'utf8')
      .split('\n')
      .flatMap((row) => (row === '' ? [] : [[row.slice(0, row.indexOf('=')), row.slice(row.indexOf('=') + 1)]])),
  );
  const { status = '', rights = '', ...states } = seen;
  assert.deepEqual(states, {
    unedited: 'inactive exec-condition 0',
    edited: 'active, Ready to take money',
    hung: 'active 1',
    killed: 'active 2',
    broken: 'tried again',
    mended: 'active',
    upgraded: 'active anew',
    removed: 'inactive',
    installed: 'active',
    stopped: 'inactive success',
    reboot: 'reboot.target is masked',
  });
  assert.match(rights, /Uid: (?!0 )\d+ .*CapEff: 0{16} NoNewPrivs: 1 Seccomp: 2/);
  assert.equal(JSON.parse(status).device.serial, 'BOX-0001');
  const log = readFileSync(join(root, 'root/log'), 'utf8');
  assert.match(log, /Edit \/etc\/tilld\/tilld\.json/);
  assert.match(log, /The board has no real outputs/);
}

const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
