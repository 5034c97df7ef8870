import { afterEach, beforeEach, expect, test } from 'vitest';
import { DeviceFault } from '../domain/fault.ts';
import type { Api } from '../runtime/api/server.ts';
import { runTilld } from '../testkit/command-line.ts';
import { ScriptedBox } from '../testkit/scripted-box.ts';
import { serveBox } from '../testkit/served-box.ts';

let box: ScriptedBox;
let api: Api;

beforeEach(async () => {
  box = new ScriptedBox();
  api = await serveBox(box);
});

afterEach(async () => {
  await api.stop();
  box.done();
});

const tilld = (...argv: string[]) => runTilld(argv, { env: { TILLD_URL: api.url } });

test('frees the output', async () => {
  box.expect('resetOutput', []);
  expect(await tilld('output', 'reset')).toEqual({ code: 0, out: 'The box trusts its output again.\n', err: '' });
});

test('says what else keeps the box from selling, and is the status for programs', async () => {
  box.state = { ...box.state, ready: { ...box.state.ready, qr: false, reasons: ['unpaired'] } };
  box.expect('resetOutput', []).expect('resetOutput', []);
  expect((await tilld('output', 'reset')).out).toBe('The box trusts its output again. Not ready yet: unpaired\n');
  expect(JSON.parse((await tilld('output', 'reset', '--json')).out)).toEqual(box.state);
});

test('exits 1 when the box cannot write it down', async () => {
  box.expect('resetOutput', [], new DeviceFault('The journal cannot be written', { code: 'store-full' }));
  const { code, out, err } = await tilld('output', 'reset');
  expect([code, out, err]).toEqual([1, '', expect.stringContaining('The journal cannot be written')]);
});

test.each([[['output', 'reset', 'now']], [['output', 'free']]])('exits 2 on %j', async (argv) => {
  expect((await tilld(...argv)).code).toBe(2);
});
