// IMA ADPCM, mono, as WAV files of format 0x11 carry it: "Recommended Practices for Enhancing Digital Audio
// Compatibility in Multimedia Systems", IMA, revision 3.00. Four bits a sample, the low half of a byte first.

const STEPS = Int16Array.of(
  ...[7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118],
  ...[130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166],
  ...[1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845],
  ...[8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767],
);
const LAST_STEP = STEPS.length - 1;
const INDEX_CHANGES = [-1, -1, -1, -1, 2, 4, 6, 8] as const;
/** First sample (16 bits), index into the steps, and a byte that is 0. */
const BLOCK_HEADER_BYTES = 4;

/** Samples in a block of so many bytes: one in its header, two in each byte after it. */
export const blockSamples = (bytes: number): number => 1 + (bytes - BLOCK_HEADER_BYTES) * 2;

/** What decoder and encoder both keep from sample to sample. */
interface State {
  sample: number;
  index: number;
}

/** Moves the state by one code of four bits: sign, and three bits of how many steps. */
function advance(state: State, code: number): number {
  const step = STEPS[state.index] ?? 0;
  let change = step >> 3;
  if (code & 4) change += step;
  if (code & 2) change += step >> 1;
  if (code & 1) change += step >> 2;
  const moved = code & 8 ? state.sample - change : state.sample + change;
  state.sample = Math.min(32_767, Math.max(-32_768, moved));
  state.index = Math.min(LAST_STEP, Math.max(0, state.index + (INDEX_CHANGES[code & 7] ?? 0)));
  return state.sample;
}

/** The code that leads nearest to a sample. */
function codeFor({ sample, index }: State, wanted: number): number {
  let step = STEPS[index] ?? 0;
  let rest = Math.abs(wanted - sample);
  let code = wanted < sample ? 8 : 0;
  for (const bit of [4, 2, 1]) {
    if (rest >= step) {
      code |= bit;
      rest -= step;
    }
    step >>= 1;
  }
  return code;
}

/**
 * Decodes blocks of `blockBytes`, of which the last may be shorter; null when a block's header is impossible. All
 * samples of every block are given, also those that only fill the last one.
 */
export function decodeAdpcm(data: Uint8Array, blockBytes: number): Int16Array | null {
  const rest = data.length % blockBytes;
  if (rest > 0 && rest < BLOCK_HEADER_BYTES) return null;
  const samples = new Int16Array(Math.floor(data.length / blockBytes) * blockSamples(blockBytes) + (rest > 0 ? blockSamples(rest) : 0));
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  for (let start = 0; start < data.length; start += blockBytes) {
    const state = { sample: view.getInt16(start, true), index: view.getUint8(start + 2) };
    if (state.index > LAST_STEP) return null;
    samples[at++] = state.sample;
    const end = Math.min(start + blockBytes, data.length);
    for (let i = start + BLOCK_HEADER_BYTES; i < end; i++) {
      const byte = view.getUint8(i);
      samples[at++] = advance(state, byte & 15);
      samples[at++] = advance(state, byte >> 4);
    }
  }
  return samples;
}

/** Encodes into blocks of `blockBytes`; the last is as short as its samples allow. */
export function encodeAdpcm(samples: Int16Array, blockBytes: number): Uint8Array {
  const perBlock = blockSamples(blockBytes);
  const blocks: Uint8Array[] = [];
  const state = { sample: 0, index: 0 };
  for (let at = 0; at < samples.length; at += perBlock) blocks.push(encodeBlock(samples.subarray(at, at + perBlock), state));
  return Buffer.concat(blocks);
}

function encodeBlock(samples: Int16Array, state: State): Uint8Array {
  const block = new Uint8Array(BLOCK_HEADER_BYTES + Math.ceil((samples.length - 1) / 2));
  state.sample = samples[0] ?? 0;
  new DataView(block.buffer).setInt16(0, state.sample, true);
  block[2] = state.index;
  for (let i = 1; i < samples.length; i++) {
    const code = codeFor(state, samples[i] ?? 0);
    advance(state, code);
    const byte = BLOCK_HEADER_BYTES + ((i - 1) >> 1);
    block[byte] = (block[byte] ?? 0) | (i % 2 === 1 ? code : code << 4);
  }
  return block;
}
