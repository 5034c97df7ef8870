import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { VERSION } from '../../src/runtime/version.ts';
import { needs } from '../../src/testkit/needs.ts';
import { putFirmware, setFirmware } from '../../src/testkit/sample-firmware.ts';
import { runProgram } from '../debian/run-program.ts';
import { type Executable, makeExecutable } from './make-executable.ts';
import { lockedNode, requireIntegrity } from './node-binary.ts';
import { HOST, stripFor, targetNamed } from './target.ts';
import { trialWorld } from './trial-sale.ts';

const strip = needs('/usr/bin/strip', 'binutils');
const BUILD_MS = 90_000;

describe.skipIf(strip.missing || HOST !== 'linux-x64')(`the executable for this machine${strip.why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-executable-'));
  const steps: string[] = [];
  let made: Executable;
  afterAll(() => rmSync(folder, { recursive: true }));
  const tilld = (...args: string[]): Promise<string> => runProgram(made.file, args, { from: 'tilld', cwd: folder, env: FOREIGN });
  /** What somebody else's environment must not bring into it. */
  const FOREIGN = { NODE_OPTIONS: '--require=/nowhere/foreign.cjs' };

  test(
    'is built, and tried by a sale',
    async () => {
      made = await makeExecutable('linux-x64', folder, (what) => steps.push(what));
      expect(steps.slice(-3)).toEqual(['bundling', 'putting it into Node', 'trying it']);
      expect(readdirSync(folder).sort()).toEqual(['tilld-linux-x64', 'tilld-linux-x64.LICENCES.txt']);
      expect(readFileSync(made.licences, 'utf8')).toContain('Node.js is licensed for use');
    },
    BUILD_MS,
  );

  test('brings the virtual box, its backend and their pages', async () => {
    const { pages, cashMinor } = await trialWorld({ program: made.file, before: [], env: FOREIGN });
    expect(pages).toEqual([expect.stringContaining('virtual payment box</title>'), expect.stringContaining('<title>Reference backend')]);
    expect(cashMinor).toBe(1_000);
  });

  test('opens no debugger for a signal, and does not end by it', async () => {
    const server = spawn(made.file, ['refserver', '--json', '--http-port', '0', '--mqtt-port', '0'], { cwd: folder });
    try {
      const ended = once(server, 'exit').then(() => Promise.reject(new Error('it ended')));
      await Promise.race([once(server.stdout, 'data'), ended]);
      server.kill('SIGUSR1');
      const caught = /SigCgt:\s+([0-9a-f]+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'latin1'))?.[1] ?? 'f';
      expect(BigInt(`0x${caught}`) & (1n << BigInt(constants.signals.SIGUSR1 - 1))).toBe(0n);
      server.kill('SIGTERM');
      await expect(ended).rejects.toThrow('it ended');
      expect(server.exitCode).toBe(0);
    } finally {
      server.kill('SIGKILL');
    }
  });

  test('has boards and voices inside, and names those it has', async () => {
    expect(await tilld('board', 'check', 'kiosk-sim')).toContain('kiosk-sim is in order');
    await expect(tilld('board', 'check', 'simm')).rejects.toThrow(
      expect.objectContaining({ found: expect.stringContaining('Did you mean "sim"?') }),
    );
    const spoken = join(folder, 'spoken.wav');
    await tilld('say', '20', '--currency', 'THB', '--out', spoken);
    // A chime and a tone, which stand for words without a voice pack, are shorter.
    expect(readFileSync(spoken).length).toBeGreaterThan(60_000);
  });

  test('launches itself where there is no release, and the release where there is one', async () => {
    expect(await tilld('launch', '--state', join(folder, 'state'), '--', '--version')).toBe(`${VERSION}\n`);
    const state = join(folder, 'updated');
    mkdirSync(state);
    setFirmware(state, { current: putFirmware(state, 'V9.0.0', '#!/bin/sh\necho "$TILLD_LAUNCHED $@"\n'), previous: null, trial: null });
    expect(await tilld('launch', '--state', state, '--', 'run', '--json')).toBe('1 run --json\n');
  });

  test('reads files of the disk as they are', async () => {
    await expect(tilld('board', 'check', './none.json')).rejects.toThrow(
      expect.objectContaining({ found: expect.stringContaining('ENOENT') }),
    );
  });
});

describe('what goes into an executable', () => {
  test.each(['linux-x64', 'linux-arm64'] as const)('the lockfile pins the Node of %s, of the version that builds', (target) => {
    expect(lockedNode(target).version).toBe(process.versions.node);
  });

  test('anything else that came under its name is refused', () => {
    const { integrity } = lockedNode('linux-arm64');
    expect(() => requireIntegrity(Buffer.from('something else'), integrity, 'Node')).toThrow(
      expect.objectContaining({ code: 'integrity', expected: integrity }),
    );
    const own = 'sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==';
    expect(() => requireIntegrity(new Uint8Array(), own, 'nothing')).not.toThrow();
  });

  test('a target is named, and so is the Debian package that strips it', () => {
    expect(() => targetNamed('linux-mips')).toThrow(expect.objectContaining({ code: 'usage', expected: 'linux-x64 or linux-arm64' }));
    expect(() => targetNamed(undefined)).toThrow(expect.objectContaining({ found: 'nothing' }));
    const other = HOST === 'linux-x64' ? 'linux-arm64' : 'linux-x64';
    expect([stripFor(targetNamed(HOST)).from, stripFor(other).from]).toEqual([
      'binutils',
      expect.stringMatching(/^binutils-.*-linux-gnu$/),
    ]);
  });
});
