import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { BackendClock, BackendLog } from '../environment.ts';
import type { FaultBoard } from '../faults.ts';
import { type HttpEnv, pause } from '../interference.ts';
import type { Packages } from './packages.ts';
import { type ByteRange, wantedRange } from './range.ts';

export interface DownloadSide {
  readonly packages: Packages;
  readonly faults: FaultBoard;
  readonly clock: BackendClock;
  readonly log: BackendLog;
  readonly stopping: AbortSignal;
}

/** Read from the disk at a time, in bytes; with the buffers of the socket, all that a download holds in memory. */
const CHUNK_BYTES = 65_536;
/** A slow download is sent in as many pieces a second. */
const PIECES_A_SECOND = 10;

/** Sends a package, or the one range of it that was asked for. @throws Refusal `package-unknown`; DeviceFault `package-lost` */
export async function download(c: Context<HttpEnv>, side: DownloadSide, sha256: string): Promise<Response> {
  const { size, name } = side.packages.get(sha256);
  const etag = `"${sha256}"`;
  const wanted = wantedRange(c.req.header('range'), c.req.header('if-range'), etag, size);
  const common = { 'accept-ranges': 'bytes', etag, 'cache-control': 'no-transform' };
  if (wanted === 'unsatisfiable') return c.body(null, 416, { ...common, 'content-range': `bytes */${size}` });
  const range = wanted === 'whole' ? { start: 0, end: size - 1 } : wanted;
  const headers = {
    ...common,
    'content-type': 'application/zip',
    'content-disposition': `attachment; filename="${name}"`,
    'content-length': String(range.end - range.start + 1),
    ...(wanted === 'whole' ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${size}` }),
  };
  const status = wanted === 'whole' ? 200 : 206;
  if (c.req.raw.method === 'HEAD') return c.body(null, status, headers);

  await using file = await side.packages.open(sha256);
  const { outgoing } = c.env;
  outgoing.writeHead(status, headers);
  outgoing.flushHeaders();
  try {
    await pipeline(piecesOf(file, range, side, c.req.path), outgoing);
  } catch (error) {
    // A device that goes away is no event; it comes back for the rest.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) {
      side.log.warn('tms.download-cut', { package: sha256, reason: String(error) });
    }
    outgoing.destroy();
  }
  return RESPONSE_ALREADY_SENT;
}

async function* piecesOf(file: FileHandle, { start, end }: ByteRange, side: DownloadSide, path: string): AsyncGenerator<Uint8Array> {
  const slow = side.faults.strike('slow-download', path);
  const most = slow ? Math.ceil((slow.numbers.bytesPerSecond ?? 1) / PIECES_A_SECOND) : CHUNK_BYTES;
  const cut = side.faults.strike('cut-download', path);
  const last = cut ? Math.min(end, start + (cut.numbers.bytes ?? 0) - 1) : end;
  for (let at = start; at <= last; ) {
    if (slow) await pause(side.clock, 1000 / PIECES_A_SECOND, side.stopping);
    const length = Math.min(most, CHUNK_BYTES, last - at + 1);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.allocUnsafe(length), position: at });
    if (bytesRead === 0) throw new RangeError('the file is shorter than it was');
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
  if (last < end) throw new RangeError('fault switched on: cut-download');
}
