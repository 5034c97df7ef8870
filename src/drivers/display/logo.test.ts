import { describe, expect, it } from 'vitest';
import { readLogo } from './logo.ts';

const ascii = (text: string) => new TextEncoder().encode(text);
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100"><rect width="300" height="100"/></svg>';

/** The first 33 bytes of a PNG, which say how large it is. */
function png(width: number, height: number, size = 33): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return bytes;
}

describe('a logo', () => {
  it('may be a PNG, whose size it says itself', () => {
    expect(readLogo(png(400, 100))).toEqual({ uri: expect.stringMatching(/^data:image\/png;base64,iVBORw0KGgo[\w+/]+=*$/), ratio: 4 });
    expect(readLogo(png(4_096, 1, 256 * 1024)).ratio).toBe(4_096);
  });

  it('is read where it lies in a larger buffer', () => {
    const whole = new Uint8Array(100);
    whole.set(png(50, 100), 40);
    expect(readLogo(whole.subarray(40, 73))).toMatchObject({ ratio: 0.5 });
  });

  it.each([
    SVG,
    `\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<!-- made -- by hand -->\n${SVG}`,
    `  \n${SVG}`,
    SVG.replace('viewBox="0 0 300 100"', 'viewBox=\'0 0 300 100\' viewBox="-5,0, 3e2 1" viewBox="0 0 300 100"'),
  ])('may be an SVG: %.50j', (source) => {
    const { uri } = readLogo(ascii(source));
    expect(Buffer.from(uri.replace('data:image/svg+xml;base64,', ''), 'base64').toString()).toBe(source);
  });

  it.each([
    ['0 0 300 100', 3],
    ['-5, -5, 30.0 60', 0.5],
    ['0 0 0 0', null],
    ['none', null],
  ])('has the proportions of its view box %j', (box, ratio) => {
    expect(readLogo(ascii(SVG.replace('0 0 300 100', box))).ratio).toBe(ratio);
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'neither a PNG nor an SVG'],
    ['a text', ascii('hello'), 'neither a PNG nor an SVG'],
    ['a page', ascii(`<html>${SVG}</html>`), 'neither a PNG nor an SVG'],
    ['a JPEG', new Uint8Array([0xff, 0xd8, 0xff, 0xe0]), 'neither a PNG nor an SVG'],
    ['text that is no UTF-8', new Uint8Array([...ascii(SVG), 0xff]), 'neither a PNG nor an SVG'],
    ['entities', ascii(`<!-- x --><svg><!ENTITY a "b"></svg>`), 'an SVG with a document type'],
    ['a PNG that is cut off', png(10, 10).subarray(0, 20), 'a PNG signature without a header behind it'],
    ['a PNG of nothing', png(0, 10), 'a PNG of 0 x 10 pixels'],
    ['a PNG that fills the memory', png(65_535, 65_535), 'a PNG of 65535 x 65535 pixels'],
    ['a large file', png(10, 10, 256 * 1024 + 1), '262145 bytes'],
  ])('is not %s', (_, bytes, found) => {
    expect(() => readLogo(bytes)).toThrow(expect.objectContaining({ code: 'logo-unusable', blame: 'configuration', found }));
  });

  it('is told in time even when it is made to be slow', () => {
    const slow = [`<!--${'-'.repeat(250_000)}`, '<!-- -->'.repeat(30_000), `<svg ${'viewBox="0 '.repeat(20_000)}`, ' '.repeat(260_000)];
    for (const source of slow) {
      const began = performance.now();
      try {
        readLogo(ascii(source));
      } catch (error) {
        expect(error).toMatchObject({ code: 'logo-unusable' });
      }
      expect(performance.now() - began).toBeLessThan(500);
    }
  });
});
