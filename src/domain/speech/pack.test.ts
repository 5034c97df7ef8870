import { describe, expect, it } from 'vitest';
import { parseJson } from '../json.ts';
import { MessageFault } from '../json-fields.ts';
import { checkPack, manifestText, type PackManifest, readManifest, SAMPLE_RATE } from './pack.ts';

const MANIFEST: PackManifest = {
  language: 'id',
  sampleRate: SAMPLE_RATE,
  clips: new Map([
    ['chime', 'chime.wav'],
    ['n-5', 'n-5.wav'],
    ['puluh', 'tens_2.wav'],
  ]),
  source: 'espeak-ng 1.51, voice id',
};
const json = (text: string) => parseJson(new TextEncoder().encode(text), 64 * 1024);
/** The manifest as JSON, with some fields other ones. */
const withFields = (fields: Readonly<Record<string, unknown>>) =>
  json(JSON.stringify({ ...JSON.parse(manifestText(MANIFEST)), ...fields }));

describe('a manifest', () => {
  it('is read as it was written', () => {
    expect(readManifest(json(manifestText(MANIFEST)))).toEqual(MANIFEST);
  });

  it('is the text that the field knows', () => {
    expect(manifestText({ ...MANIFEST, clips: new Map([['n-5', 'n-5.wav']]) })).toBe(`{
  "schema": "tilld.voice/1",
  "language": "id",
  "sampleRate": 16000,
  "source": "espeak-ng 1.51, voice id",
  "clips": {
    "n-5": "n-5.wav"
  }
}
`);
  });

  it.each([
    ['schema', { schema: 'tilld.voice/2' }],
    ['language', { language: 'de' }],
    ['sampleRate', { sampleRate: 4_000 }],
    ['sampleRate', { sampleRate: '16000' }],
    ['source', { source: '' }],
    ['source', { source: 'x\u001b[2J' }],
    ['clips', { clips: [] }],
    ['clips', { clips: { 'N 5': 'a.wav' } }],
    ['clips', { clips: { '': 'a.wav' } }],
    ['clips', { clips: Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`n-${i}`, 'a.wav'])) }],
    ['clips.n-5', { clips: { 'n-5': '../secret.wav' } }],
    ['clips.n-5', { clips: { 'n-5': '/etc/passwd' } }],
    ['clips.n-5', { clips: { 'n-5': '.wav' } }],
    ['clips.n-5', { clips: { 'n-5': 'a.mp3' } }],
    ['clips.n-5', { clips: { 'n-5': `${'a'.repeat(70)}.wav` } }],
    ['clips.n-5', { clips: { 'n-5': 5 } }],
  ])('with an unusable %s is refused: %j', (path, fields) => {
    const read = () => readManifest(withFields(fields));
    expect(read).toThrow(MessageFault);
    expect(read).toThrow(expect.objectContaining({ path }));
  });
});

describe('a pack', () => {
  const wanted = [
    { id: 'chime', text: '' },
    { id: 'n-5', text: 'lima' },
    { id: 'puluh', text: 'puluh' },
  ];

  it('with every clip of its language has no problems', () => {
    expect(checkPack(MANIFEST, wanted)).toEqual([]);
  });

  it('is told every clip it lacks, every one too many, and its sample rate', () => {
    const clips = new Map([
      ['n-5', 'a.wav'],
      ['n-55', 'b.wav'],
    ]);
    expect(checkPack({ ...MANIFEST, clips, sampleRate: 8_000 }, wanted)).toEqual([
      { code: 'sample-rate', about: 'sampleRate', detail: '8000 a second, not 16000' },
      { code: 'clip-missing', about: 'chime', detail: 'no file' },
      { code: 'clip-missing', about: 'puluh', detail: 'no file says "puluh"' },
      { code: 'clip-unknown', about: 'n-55', detail: 'nothing is said with b.wav' },
    ]);
  });
});
