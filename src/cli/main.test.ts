import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { runTilld } from '../testkit/command-line.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';

const folder = mkdtempSync(join(tmpdir(), 'tilld-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** tilld as a process of its own. */
const spawned = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });

/** Every command with the words that call it. */
async function everyCommand(): Promise<{ path: string[]; command: Command }[]> {
  const loaded = await Promise.all(Object.entries(COMMANDS).map(async ([name, { load }]) => ({ name, it: await load() })));
  return loaded.flatMap(({ name, it }) =>
    'commands' in it ? it.commands.map((command) => ({ path: [name, command.name], command })) : [{ path: [name], command: it }],
  );
}

describe('help', () => {
  test('of all commands, in the words each command has for itself', async () => {
    const { code, out, err } = await runTilld(['--help']);
    expect([code, err]).toEqual([0, '']);
    for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
      expect(out).toMatch(new RegExp(`^ {2}${name} +${summary}$`, 'm'));
      expect(await load()).toMatchObject({ name, summary });
    }
  });

  test('of every command: its usage, its options, its examples', async () => {
    for (const { path, command } of await everyCommand()) {
      const { code, out, err } = await runTilld([...path, '--help']);
      expect([code, err]).toEqual([0, '']);
      expect(out).toContain(`Usage: ${['tilld', ...path, command.usage].join(' ').trim()} [options]\n`);
      for (const [name, { help }] of [...Object.entries(command.options), ['json', { help: '' }], ['help', { help: '' }]] as const) {
        expect(out).toMatch(new RegExp(`^ {2}(-\\w, )?--${name}( |$)`, 'm'));
        expect(out).toContain(help);
      }
      for (const example of command.examples ?? []) expect(out).toContain(`\n  ${example}\n`);
      expect(out.split('\n').every((line) => line.length <= 140)).toBe(true);
    }
  });

  test('of a group', async () => {
    const { code, out } = await runTilld(['config', '-h']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^ {2}check FILE {2}Check a configuration file/m)]);
  });

  test('what an option is by default', async () => {
    expect((await runTilld(['ledger', '--help'])).out).toMatch(/--limit N +Most entries to list, 1 to 1000 \(default 100\)/);
  });
});

describe('a wrong command line exits 2, says why on stderr and nothing on stdout', () => {
  test.each<[string[], string]>([
    [[], 'Usage: tilld COMMAND'],
    [['statsu'], 'There is no such command; found "tilld statsu". Did you mean `tilld status`?'],
    [['zzz'], 'See `tilld --help`.'],
    [['constructor'], 'There is no such command'],
    [['config'], 'tilld config needs a command; expected check or schema'],
    [['config', 'chekc'], 'Did you mean `tilld config check`?'],
    [['config', 'check'], 'tilld config check needs FILE. See `tilld config check --help`.'],
    [['config', 'check', 'a', 'b'], 'There are too many arguments; found "b"; expected FILE'],
    [['status', 'now'], 'There are too many arguments; found "now"; expected no arguments'],
    [['sell'], 'tilld sell needs AMOUNT'],
    [['sell', '20', '--descripton', 'x'], 'tilld sell has no option --descripton. Did you mean --description?'],
    [['sell', '20', '-x'], 'tilld sell has no option -x'],
    [['sell', '20', '--description'], '--description needs a value'],
    [['sell', '20', '--wait=yes'], '--wait takes no value'],
    [['sell', '--', '--help', 'x'], 'There are too many arguments'],
    [['status', '--port', '0'], '--port is not usable; found "0"; expected a whole number from 1 to 65535'],
    [['status', '--port', '1e3'], '--port is not usable'],
    [['status', '--url', 'ftp://x'], 'The address of the box is not usable; found "ftp://x"'],
    [['status', '--url', 'http://x', '--port', '1'], '--url and --port say the same thing'],
    [['ledger', '--limit', '1001'], '--limit is not usable'],
  ])('tilld %j', async (argv, message) => {
    const { code, out, err } = await runTilld(argv);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(message)]);
  });

  test('as JSON where JSON was asked for', async () => {
    const { code, out, err } = await runTilld(['statsu', '--json']);
    expect([code, out]).toEqual([2, '']);
    expect(JSON.parse(err)).toEqual({
      error: expect.objectContaining({ code: 'usage', blame: 'caller', remedy: 'Did you mean `tilld status`?' }),
    });
  });
});

test('--version', async () => {
  expect(await runTilld(['--version'])).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' });
  expect((await runTilld(['--version', '--json'])).out).toBe(`{"version":"${manifest.version}"}\n`);
});

describe('config', () => {
  const good = join(folder, 'good.json');
  const bad = join(folder, 'bad.json');
  const config = {
    device: { serial: 'TB-1', mac: 'AABBCCDDEEFF', chipId: 'c', model: 'm' },
    board: 'sim',
    protocol: 'promptpay',
    promptpay: { http: { url: 'http://a.test' }, mqtt: { url: 'mqtt://a.test', password: { env: 'BROKER_PASSWORD' } } },
  };
  writeFileSync(good, JSON.stringify(config));
  writeFileSync(bad, JSON.stringify({ ...config, boord: 1, language: 'de' }));
  const env = { BROKER_PASSWORD: 's3cr3t' };

  test('a file in order', async () => {
    const { code, out, err } = await runTilld(['config', 'check', good], { env });
    expect([code, out, err]).toEqual([0, expect.stringContaining(`${good} is in order.`), '']);
    const json = await runTilld(['config', 'check', good, '--json'], { env });
    expect(JSON.parse(json.out)).toMatchObject({
      ok: true,
      settings: { device: { mac: 'AA:BB:CC:DD:EE:FF' }, backend: { promptpay: { mqtt: { password: '[hidden]' } } } },
    });
    expect(json.out).not.toContain('s3cr3t');
  });

  test('a file with faults: each on a line of its own, or in a list', async () => {
    const { code, out, err } = await runTilld(['config', 'check', bad]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(
      /^tilld: The configuration .* has 3 faults:\n {2}\$\.promptpay\.mqtt\.password: .*\n {2}\$\.language: .*\n {2}\$\.boord: .*\nCorrect the file/,
    );
    const json = await runTilld(['config', 'check', bad, '--json']);
    expect(JSON.parse(json.err).error).toMatchObject({
      code: 'config-invalid',
      blame: 'configuration',
      faults: [{}, { path: '$.language' }, {}],
    });
  });

  test('the schema', async () => {
    const { code, out } = await runTilld(['config', 'schema']);
    expect([code, JSON.parse(out).title]).toEqual([0, 'tilld configuration']);
  });
});

describe('as a process', () => {
  test('results go to stdout and exit 0', () => {
    const { status, stdout, stderr } = spawned('--version');
    expect([status, stdout, stderr]).toEqual([0, `${manifest.version}\n`, '']);
  });

  test('faults go to stderr and exit 1, wrong usage 2', () => {
    const gone = spawned('config', 'check', join(folder, 'gone.json'));
    expect([gone.status, gone.stdout, gone.stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/^tilld: The configuration .* cannot be read; found ENOENT\. Check the path/),
    ]);
    const wrong = spawned('config', '--json');
    expect([wrong.status, wrong.stdout, JSON.parse(wrong.stderr).error.code]).toEqual([2, '', 'usage']);
  });

  test('a reader that goes away ends it quietly, a large result is whole', () => {
    const whole = spawned('config', 'schema');
    expect(JSON.parse(whole.stdout)).toHaveProperty('properties.promptpay');
    const script = `${JSON.stringify(process.execPath)} ${JSON.stringify(MAIN)} config schema | true`;
    const { stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
  });
});
