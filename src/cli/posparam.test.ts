import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { posparamTemplate } from '../domain/posparam/template.ts';
import { runTilld } from '../testkit/command-line.ts';

const PASSWORD = 'correct horse battery';
const FILLED = posparamTemplate().replace('username": ""', 'username": "box"').replace('password": ""', `password": "${PASSWORD}"`);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-posparam-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Noon of a day on the calendar of the machine, wherever it stands. */
const today = (year: number, month: number, day: number) => vi.setSystemTime(new Date(year, month - 1, day, 12));
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  today(2026, 11, 1);
});
afterEach(() => {
  vi.useRealTimers();
});

function check(content: string | Uint8Array, ...options: string[]) {
  const file = join(folder, 'posparam.ini');
  writeFileSync(file, content);
  return runTilld(['posparam', 'check', file, ...options]);
}

describe('tilld posparam check', () => {
  it('sums up parameters that are in order', async () => {
    const { code, out, err } = await check(FILLED);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/posparam\.ini is in order \(nested form\)\.\n/);
    expect(out).toContain('broker mqtts://mqtt.example.com:8883, user name and password, topics pos/message/SN\n');
    expect(out).toContain('payment server https://pay.example.com:443, sale /functions/v1/request-online-result-pos, details /');
    expect(out).toContain('  the API key is good for another 60 days, until 2026-12-31\n');
    expect(out).not.toContain('Worth a look');
  });

  it.each([
    [2026, 12, 1, 'WARNING: the API key is good for another 30 days, until 2026-12-31; get a new one now'],
    [2026, 12, 30, 'WARNING: the API key is good for another 1 day, until 2026-12-31; get a new one now'],
    [2026, 12, 31, 'WARNING: today is the last day of the API key (2026-12-31); get a new one now'],
    [2027, 1, 2, 'WARNING: the API key expired 2 days ago, after 2026-12-31; the payment server will refuse it'],
  ])('warns on %i-%i-%i', async (year, month, day, warning) => {
    today(year, month, day);
    const { code, out } = await check(FILLED);
    expect([code, out]).toEqual([0, expect.stringContaining(`  ${warning}\n`)]);
  });

  it('tells what is worth a look', async () => {
    const { code, out } = await check(FILLED.replace('https://', 'http://').replace('"mqtt_port"', '"volume": 5, "mqtt_port"'));
    expect(code).toBe(0);
    expect(out).toContain('Worth a look:\n  mqtt.volume: found an unknown key, expected');
    expect(out).toContain('  payment.pgw_endpoint: found a connection without TLS, expected');
  });

  it('lists every problem and exits 1', async () => {
    const { code, out, err } = await check(posparamTemplate().replace('"8883"', '8883'));
    expect([code, err]).toEqual([1, '']);
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/posparam\.ini has 3 problems:$/),
      '  mqtt.mqtt_port: found the number 8883, expected a text from "1" to "65535", in quotes and without leading zeros',
      expect.stringMatching(/^ {2}mqtt\.mqtt_username: found an empty text, expected .*, because mqtt_auth_cert is 0$/),
      expect.stringMatching(/^ {2}mqtt\.mqtt_password: found an empty text, expected .*, because mqtt_auth_cert is 0$/),
      '',
    ]);
  });

  it.each([
    ['', 'has a problem:\n  (whole file): found something else at line 1 column 1, expected a value'],
    ['x'.repeat(70_000), 'has a problem:\n  (whole file): found more than 65536 bytes'],
  ])('says what is wrong with the file as a whole', async (content, problem) => {
    const { code, out } = await check(content);
    expect([code, out]).toEqual([1, expect.stringContaining(problem)]);
  });

  it('gives programs JSON', async () => {
    const good = await check(FILLED, '--json');
    expect([good.code, JSON.parse(good.out)]).toEqual([
      0,
      {
        ok: true,
        form: 'nested',
        posparam: {
          mqtt: {
            url: 'mqtts://mqtt.example.com:8883',
            auth: { kind: 'password', username: 'box', password: '[hidden]' },
            topicPrefixes: ['pos/message'],
          },
          payment: expect.objectContaining({ verifyTls: true, apiKey: '[hidden]', apiKeyExpiry: '20261231' }),
        },
        notices: [],
        apiKey: { expiry: '20261231', state: 'good', daysLeft: 60 },
      },
    ]);
    const bad = await check(FILLED.replace('"443"', '"0"'), '--json');
    expect([bad.code, JSON.parse(bad.out)]).toEqual([
      1,
      { ok: false, problems: [{ path: 'payment.pgw_port', found: '"0"', expected: expect.any(String) }] },
    ]);
  });

  it('never prints a secret', async () => {
    const wrong = FILLED.replace('"443"', '443').replace('mqtt_password', 'mqtt_pasword');
    for (const content of [FILLED, wrong, wrong.replace('sk_0', 'sk 0')]) {
      for (const options of [[], ['--json']]) {
        const { out, err } = await check(content, ...options);
        expect(out + err).not.toMatch(/correct horse|00000000/);
      }
    }
  });

  it.each(['missing.ini', ''])('says so when %j cannot be read', async (name) => {
    const { code, out, err } = await runTilld(['posparam', 'check', join(folder, name)]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/cannot be read; found (ENOENT|EISDIR)\. Check the path/);
  });

  it.each([[[]], [['a', 'b']], [['--strict', 'a']]])('exits 2 on the arguments %j', async (args) => {
    expect((await runTilld(['posparam', 'check', ...args])).code).toBe(2);
  });
});

describe('tilld posparam template', () => {
  it('prints the template, and beside it what is to be filled in', async () => {
    const { code, out, err } = await runTilld(['posparam', 'template']);
    expect([code, out]).toEqual([0, posparamTemplate()]);
    expect(err).toContain('mqtt.mqtt_username and mqtt.mqtt_password are empty');
  });

  it('is JSON for programs', async () => {
    const { out, err } = await runTilld(['posparam', 'template', '--json']);
    expect([JSON.parse(out), err]).toEqual([JSON.parse(posparamTemplate()), '']);
  });
});
