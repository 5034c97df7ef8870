import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { MAKER, POSPARAM } from '../../testkit/ota-package.ts';
import { rawZip } from '../../testkit/raw-zip.ts';
import { packPackage } from './pack.ts';
import { verifyPackage } from './verify.ts';

let dir: string;
let file: string;
let good: Buffer;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tilld-damage-'));
  const core = join(dir, 'resource_V1.0.0.zip');
  const folders = ['key/', 'mp3/', 'ui/'].map((name) => ({ name, central: { externalAttributes: 0o040755 * 0x10000 } }));
  writeFileSync(core, rawZip([{ name: 'cust/posparam.ini', data: POSPARAM, deflate: true }, ...folders]));
  ({ file } = await packPackage({ core, outDir: dir, customer: 'ACME', privateKey: MAKER.privateKey }));
  good = readFileSync(file);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** The code the file is refused with as it is now. */
async function refusal(): Promise<string> {
  try {
    await verifyPackage(file, { keys: [MAKER.publicKey] });
    return 'none';
  } catch (error) {
    return error instanceof OtaFault ? error.code : String(error);
  }
}

test('cut at every byte, it is refused', async () => {
  expect(await refusal()).toBe('none');
  const codes = new Set<string>();
  for (let size = good.length - 1; size >= 0; size--) {
    truncateSync(file, size);
    codes.add(await refusal());
  }
  writeFileSync(file, good);
  // The end record of the archive inside is found once it is the last one there is.
  expect([...codes].sort()).toEqual(['zip-prefix-bytes', 'zip-trailing-bytes', 'zip-truncated']);
}, 60_000);

/** Every bit of what surrounds the content, one bit of each byte of the content itself. */
function* flips(): Iterable<[at: number, mask: number]> {
  const content = new Set<number>();
  for (let at = 0; good.readUInt32LE(at) === 0x04034b50; ) {
    const from = at + 30 + good.readUInt16LE(at + 26);
    at = from + good.readUInt32LE(at + 18);
    for (let i = from; i < at; i++) content.add(i);
  }
  for (let at = 0; at < good.length; at++) {
    if (content.has(at)) yield [at, 1 << (at % 8)];
    else for (let bit = 0; bit < 8; bit++) yield [at, 1 << bit];
  }
}

test('with a bit flipped in any byte, it is refused', async () => {
  const codes = new Map<string, number>();
  const passed: number[] = [];
  const fd = openSync(file, 'r+');
  try {
    for (const [at, mask] of flips()) {
      writeSync(fd, Buffer.from([(good[at] ?? 0) ^ mask]), 0, 1, at);
      const code = await refusal();
      if (code === 'none') passed.push(at);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      writeSync(fd, good, at, 1, at);
    }
  } finally {
    closeSync(fd);
  }
  expect(passed).toEqual([]);
  expect(await refusal()).toBe('none');
  for (const code of codes.keys()) expect(code).toMatch(/^(zip|ota)-[a-z0-9-]+$/);
  // The content is far the largest part, and its sums show what happened to it.
  expect(codes.get('zip-crc')).toBeGreaterThan(good.length / 2);
}, 120_000);

test('with nonsense written over any of it, it is refused', async () => {
  const number = fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, good.length);
  const splash = fc.tuple(fc.nat(good.length - 4), number, fc.constantFrom(1, 2, 4));
  await fc.assert(
    fc.asyncProperty(fc.array(splash, { minLength: 1, maxLength: 4 }), fc.nat(40), async (splashes, fromEnd) => {
      const bytes = Buffer.from(good);
      for (const [at, value, width] of splashes) {
        const place = fromEnd % 2 === 0 ? at : Math.max(0, good.length - 22 - (at % 240));
        bytes.writeUIntLE(value % 2 ** (8 * width), Math.min(place, good.length - 4), width);
      }
      writeFileSync(file, bytes);
      expect(await refusal()).toMatch(bytes.equals(good) ? /^none$/ : /^(zip|ota)-/);
    }),
    { numRuns: 400 },
  );
  writeFileSync(file, good);
}, 60_000);
