import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesWithin } from './bytes-within.ts';

async function* source(chunks: readonly Uint8Array[], seen: { count: number; ended: boolean }) {
  try {
    for (const chunk of chunks) {
      seen.count += 1;
      yield chunk;
    }
  } finally {
    seen.ended = true;
  }
}

test('gives every byte in order up to the limit, and reads no further than the chunk that passes it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 }), fc.nat(80), async (chunks, most) => {
      const seen = { count: 0, ended: false };
      const whole = chunks.flatMap((chunk) => [...chunk]);
      const bytes = await bytesWithin(source(chunks, seen), most);
      expect(seen.ended).toBe(true);
      if (whole.length <= most) {
        expect([...(bytes ?? [])]).toEqual(whole);
        return;
      }
      expect(bytes).toBeNull();
      const before = chunks.slice(0, seen.count - 1).reduce((sum, chunk) => sum + chunk.byteLength, 0);
      expect(before).toBeLessThanOrEqual(most);
    }),
  );
});

test('no body is no bytes, and the error of a source is passed on', async () => {
  expect(await bytesWithin(null, 0)).toEqual(new Uint8Array());
  const torn = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new TypeError('torn')) });
  await expect(bytesWithin(torn, 10)).rejects.toThrow('torn');
});
