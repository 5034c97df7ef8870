import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsqr from 'jsqr';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runTilld } from '../testkit/command-line.ts';
import { readPng } from '../testkit/png.ts';
import { QR_VECTORS as QR } from '../testkit/qr-vectors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-qr-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  [QR.promptPayBill, ['promptpay-bill', 'THB (764)', '฿100.50', 'TILLD TEST, TH', '099999999999990', 'DEV0004', 'INV001', 'T0001']],
  [QR.promptPayPhone, ['promptpay', 'typed by the payer', 'phone 0066801234567', 'many times']],
  [QR.qrisPercentTip, ['qris', 'Rp50.000', '5.00 % on top', 'Toko Berkah, JAKARTA, ID', 'ID1020000000001']],
  [QR.vietQr, ['vietqr', '50.000\u{a0}₫', '970422', '0123456789', 'Thanh toan don hang 123']],
])('a valid QR is described', async (text, expected) => {
  const { code, out, err } = await runTilld(['qr', 'check', text]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  for (const part of expected) expect(out).toContain(part);
});

test('every fault is printed, and the exit code says so', async () => {
  const { code, out } = await runTilld(['qr', 'check', QR.promptPayAmount.replace('5303764', '5303360')]);
  expect(code).toBe(1);
  expect(out).toContain('qr-crc (63)');
  expect(out).toContain('qr-currency (53): found "360", expected 764');
  expect(out).toContain('54 4.22');
});

test('programs read JSON', async () => {
  const good = await runTilld(['qr', 'check', QR.promptPayAmount, '--json']);
  expect(JSON.parse(good.out)).toMatchObject({ valid: true, scheme: 'promptpay', amount: { minor: 422, currency: 'THB' } });
  const bad = await runTilld(['qr', 'check', 'nonsense', '--json']);
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.out)).toMatchObject({ valid: false, faults: [{ code: 'qr-malformed' }] });
});

test('text in a QR cannot steer the terminal', async () => {
  const { out } = await runTilld(['qr', 'check', '\u{1b}]0;owned\u{7}']);
  expect(out).not.toContain('\u{1b}');
});

test.each([[['qr', 'check']], [['qr', 'check', 'a', 'b']], [['qr', 'render', 'a', '--out', 'qr.gif']], [['qr', 'paint']]])(
  '%j is wrong usage',
  async (argv) => {
    const { code, out, err } = await runTilld(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).not.toBe('');
  },
);

test('a PNG is written that other software reads', async () => {
  const file = join(folder, 'qr.png');
  expect(await runTilld(['qr', 'render', QR.vietQr, '--out', file])).toEqual({ code: 0, out: '', err: '' });
  const { data, width, height } = readPng(readFileSync(file));
  expect(jsqr.default(data, width, height)?.data).toBe(QR.vietQr);
});

test('an SVG is written', async () => {
  const file = join(folder, 'qr.SVG');
  const { code, out } = await runTilld(['qr', 'render', 'HELLO', '--out', file, '--json']);
  expect({ code, ...JSON.parse(out) }).toEqual({ code: 0, out: file, modules: 21 });
  expect(readFileSync(file, 'utf8')).toMatch(/^<svg /);
});

test('a terminal gets colours, a pipe plain text', async () => {
  expect((await runTilld(['qr', 'render', 'HELLO', '--out', '-'], { isTTY: true })).out).toContain('\u{1b}[38;5;16;48;5;231m');
  expect((await runTilld(['qr', 'render', 'HELLO'])).out).toMatch(/^[ ▀▄█\n]+$/);
});

test('what cannot be drawn or written is a fault', async () => {
  const missing = join(folder, 'missing', 'qr.png');
  const unwritten = await runTilld(['qr', 'render', 'HELLO', '--out', missing]);
  expect(unwritten.code).toBe(1);
  expect(unwritten.err).toContain(`${missing} cannot be written`);
  const long = await runTilld(['qr', 'render', 'x'.repeat(600), '--out', join(folder, 'long.png')]);
  expect(long.code).toBe(1);
  expect(long.err).toContain('600 characters');
  expect(existsSync(join(folder, 'long.png'))).toBe(false);
});
