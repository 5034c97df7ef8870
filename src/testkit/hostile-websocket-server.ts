import { createHash } from 'node:crypto';
import net from 'node:net';
import { eventLog } from './event-log.ts';

type Seen =
  | { readonly kind: 'request'; readonly head: string; readonly socket: net.Socket }
  /** What came after the handshake, one chunk of it. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'closed' };

/** What makes up the answer to a handshake; everything can be set to what it must not be. */
export interface Handshake {
  readonly status?: string;
  readonly accept?: string;
  readonly upgrade?: string;
  readonly more?: readonly string[];
}

/** Frames by hand (RFC 6455, 5.2), as a server sends them: without a mask. */
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export function frame(opcode: number, payload: string | Uint8Array, { fin = true, first = 0 } = {}): Buffer {
  const body = Buffer.from(payload as string);
  const head = [(fin ? 0x80 : 0) | first | opcode];
  if (body.length < 126) return Buffer.concat([Buffer.of(...head, body.length), body]);
  if (body.length < 65_536) return Buffer.concat([Buffer.of(...head, 126, body.length >> 8, body.length & 0xff), body]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(body.length));
  return Buffer.concat([Buffer.of(...head, 127), length, body]);
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The answer to this request for an upgrade: the right one, or what is given instead. */
export function upgraded(request: string, { status = '101 Switching Protocols', accept, upgrade, more = [] }: Handshake = {}): string {
  const key = /^sec-websocket-key: (.*)$/im.exec(request)?.[1] ?? '';
  const right = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  const lines = [`upgrade: ${upgrade ?? 'websocket'}`, 'connection: Upgrade', `sec-websocket-accept: ${accept ?? right}`, ...more];
  return [`HTTP/1.1 ${status}`, ...lines, '', ''].join('\r\n');
}

/** A server on which every byte is the test's. Close it at the end. */
export interface HostileWebSocketServer {
  readonly url: string;
  readonly port: number;
  readonly events: ReturnType<typeof eventLog<Seen>>;
  close(): Promise<void>;
}

/** @param answer what comes back for a request, and right behind it; null: nothing */
export async function hostileWebSocketServer(answer: (request: string) => string | Uint8Array | null): Promise<HostileWebSocketServer> {
  const events = eventLog<Seen>();
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    let head: string | null = '';
    open.add(socket.on('error', () => {}));
    socket.on('close', () => events.add({ kind: 'closed' }));
    socket.on('data', (chunk: Buffer) => {
      if (head === null) return events.add({ kind: 'bytes', bytes: chunk });
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const request = head;
      head = null;
      const bytes = answer(request);
      if (bytes !== null) socket.write(bytes);
      events.add({ kind: 'request', head: request, socket });
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    port,
    events,
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
