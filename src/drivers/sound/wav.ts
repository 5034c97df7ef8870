import { ConfigurationFault } from '../../domain/fault.ts';
import { blockSamples, decodeAdpcm, encodeAdpcm } from './adpcm.ts';

/** Mono sound, 16 bits a sample. */
export interface Sound {
  /** Samples a second. */
  readonly sampleRate: number;
  readonly samples: Int16Array;
}

const PCM = 1;
const IMA_ADPCM = 0x11;
/** Bytes of an ADPCM block that tilld writes: 505 samples. */
const BLOCK_BYTES = 256;
const CHUNKS_MOST = 32;
/** Longest sound that is read, seconds. */
const SECONDS_MOST = 20;

/**
 * Reads a RIFF WAVE file: mono, 16-bit PCM or IMA ADPCM, 8,000 to 48,000 samples a second, at most 20 seconds. Chunks
 * it does not know are passed over; a length that does not fit is a fault. `name` is what a fault calls it.
 * @throws ConfigurationFault `voice-pack-wav`
 */
export function readWav(bytes: Uint8Array, name: string): Sound {
  const file: Reading = { name, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  const chunks = chunksOf(file);
  const format = formatOf(file, chunks.get('fmt '));
  const data = chunks.get('data') ?? refuse(file, 'no data', 'a chunk named data');
  const content = bytes.subarray(data.at, data.at + data.size);
  const samples = format.tag === PCM ? pcmOf(file, content) : adpcmOf(file, content, format.blockBytes, chunks.get('fact'));
  if (samples.length > format.sampleRate * SECONDS_MOST) {
    refuse(file, `${Math.round(samples.length / format.sampleRate)} s`, `at most ${SECONDS_MOST} s`);
  }
  return { sampleRate: format.sampleRate, samples };
}

interface Reading {
  readonly name: string;
  readonly view: DataView;
}

interface Chunk {
  readonly at: number;
  readonly size: number;
}

function refuse({ name }: Reading, found: string, expected: string): never {
  throw new ConfigurationFault(`The sound ${name} is not usable`, {
    code: 'voice-pack-wav',
    found,
    expected,
    remedy: 'Record or convert it again as mono WAV, 16-bit PCM or IMA ADPCM.',
  });
}

function chunksOf(file: Reading): ReadonlyMap<string, Chunk> {
  const { view } = file;
  const size = view.byteLength;
  if (size < 12 || word(view, 0) !== 'RIFF' || word(view, 8) !== 'WAVE') refuse(file, 'something else', 'a RIFF WAVE file');
  if (view.getUint32(4, true) + 8 !== size) refuse(file, `${size} bytes`, `${view.getUint32(4, true) + 8}, as it says itself`);
  const chunks = new Map<string, Chunk>();
  for (let at = 12; at < size; ) {
    if (at + 8 > size) refuse(file, `${size - at} bytes too many`, 'whole chunks');
    const id = word(view, at);
    const chunk = { at: at + 8, size: view.getUint32(at + 4, true) };
    const padded = chunk.size + (chunk.size % 2);
    if (chunk.at + padded > size) refuse(file, 'a chunk that goes beyond the end', 'whole chunks');
    if (chunks.has(id)) refuse(file, 'a chunk twice', 'each chunk once');
    if (chunks.set(id, chunk).size > CHUNKS_MOST) refuse(file, 'more chunks', `at most ${CHUNKS_MOST}`);
    at = chunk.at + padded;
  }
  return chunks;
}

const word = (view: DataView, at: number): string => String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));

function formatOf(file: Reading, chunk: Chunk | undefined) {
  if (!chunk || chunk.size < 16) return refuse(file, 'no format', 'a chunk named fmt of 16 bytes or more');
  const short = (at: number) => file.view.getUint16(chunk.at + at, true);
  const [tag, channels, blockBytes, bits] = [short(0), short(2), short(12), short(14)];
  const sampleRate = file.view.getUint32(chunk.at + 4, true);
  if (channels !== 1) refuse(file, `${channels} channels`, 'one');
  if (sampleRate < 8_000 || sampleRate > 48_000) refuse(file, `${sampleRate} samples a second`, '8000 to 48000');
  const whole =
    (tag === PCM && bits === 16 && blockBytes === 2) ||
    (tag === IMA_ADPCM &&
      bits === 4 &&
      blockBytes >= 32 &&
      blockBytes <= 4_096 &&
      chunk.size >= 20 &&
      short(18) === blockSamples(blockBytes));
  if (!whole) refuse(file, `format ${tag}, ${bits} bits in blocks of ${blockBytes}`, '16-bit PCM or IMA ADPCM');
  return { tag, sampleRate, blockBytes };
}

function pcmOf(file: Reading, content: Uint8Array): Int16Array {
  if (content.length % 2 === 1) refuse(file, 'half a sample', 'whole samples');
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  return Int16Array.from({ length: content.length / 2 }, (_, i) => view.getInt16(i * 2, true));
}

function adpcmOf(file: Reading, content: Uint8Array, blockBytes: number, fact: Chunk | undefined): Int16Array {
  const samples = decodeAdpcm(content, blockBytes) ?? refuse(file, 'a damaged block', 'IMA ADPCM');
  if (fact === undefined) return samples;
  if (fact.size < 4) return refuse(file, 'no number of samples', 'a chunk named fact of 4 bytes');
  const count = file.view.getUint32(fact.at, true);
  if (count > samples.length || samples.length - count >= blockSamples(blockBytes)) {
    refuse(file, `${samples.length} samples`, `${count}, as it says itself`);
  }
  return samples.subarray(0, count);
}

/** A WAV file of 16-bit PCM. */
export function pcmWav({ sampleRate, samples }: Sound): Uint8Array {
  return riff([
    ['fmt ', format(PCM, sampleRate, sampleRate * 2, 2, 16)],
    ['data', pcmBytes(samples)],
  ]);
}

/** A WAV file of IMA ADPCM, a quarter of the size. */
export function adpcmWav({ sampleRate, samples }: Sound): Uint8Array {
  const perBlock = blockSamples(BLOCK_BYTES);
  const fmt = format(IMA_ADPCM, sampleRate, Math.floor((sampleRate * BLOCK_BYTES) / perBlock), BLOCK_BYTES, 4);
  return riff([
    ['fmt ', Buffer.concat([fmt, Uint8Array.of(2, 0, ...littleEndian(perBlock, 2))])],
    ['fact', littleEndian(samples.length, 4)],
    ['data', encodeAdpcm(samples, BLOCK_BYTES)],
  ]);
}

/** Samples as bytes, the low one first. */
export function pcmBytes(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  for (const [i, sample] of samples.entries()) view.setInt16(i * 2, sample, true);
  return bytes;
}

const format = (tag: number, rate: number, bytesPerSecond: number, blockBytes: number, bits: number): Uint8Array =>
  Buffer.concat([
    littleEndian(tag, 2),
    littleEndian(1, 2),
    littleEndian(rate, 4),
    littleEndian(bytesPerSecond, 4),
    littleEndian(blockBytes, 2),
    littleEndian(bits, 2),
  ]);

const littleEndian = (value: number, bytes: 2 | 4): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 255);

function riff(chunks: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const body = Buffer.concat(
    chunks.flatMap(([id, content]) => [
      Buffer.from(id, 'latin1'),
      littleEndian(content.length, 4),
      content,
      new Uint8Array(content.length % 2),
    ]),
  );
  return Buffer.concat([Buffer.from('RIFF'), littleEndian(body.length + 4, 4), Buffer.from('WAVE'), body]);
}
