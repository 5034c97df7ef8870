import { WebSocket } from 'ws';
import type { KioskAction } from '../domain/kiosk.ts';
import { decodeEnvelope, type Envelope, encodeAction } from '../protocols/kiosk/codec.ts';
import { REFERENCE_KIOSK } from '../refserver/kiosk/tokens.ts';

/** A bare kiosk on the wire: keeps what it hears in order, and understands nothing of it. */
export interface WireKiosk {
  readonly socket: WebSocket;
  /** The next message as its text, waiting for it if need be. Rejects when the connection ends first. */
  nextText(): Promise<string>;
  next(): Promise<Envelope>;
  /** "SCREEN transaction" of the next message; "ERROR CODE on SCREEN transaction" of an error. */
  nextLine(): Promise<string>;
  /** Messages that were heard and not taken. */
  readonly unread: readonly string[];
  say(action: KioskAction, transaction: string): void;
  /** Sends exactly this. */
  sayRaw(text: string | Uint8Array): void;
  /** The code that the connection was closed with. */
  readonly closed: Promise<number>;
  stop(): Promise<void>;
}

export interface WireKioskOptions {
  readonly token?: string;
  readonly transactionId?: string;
  /** Of the messages. */
  readonly nowMs?: () => number;
}

/** Connects to the backend at `httpUrl`. Rejects with the HTTP status in the message where it is refused. */
export async function wireKiosk(
  httpUrl: string,
  { token = REFERENCE_KIOSK.token, transactionId, nowMs = () => 0 }: WireKioskOptions = {},
): Promise<WireKiosk> {
  const query = transactionId === undefined ? '' : `?transactionId=${encodeURIComponent(transactionId)}`;
  const url = `${httpUrl.replace(/^http/, 'ws')}/kiosk${query}`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false });
  const unread: string[] = [];
  const waiting: { resolve: (text: string) => void; reject: (error: Error) => void }[] = [];
  socket.on('message', (data) => {
    const taker = waiting.shift();
    if (taker) taker.resolve(data.toString());
    else unread.push(data.toString());
  });
  const closed = new Promise<number>((resolve) => {
    socket.on('close', (code) => {
      for (const { reject } of waiting.splice(0)) reject(new Error(`closed with ${code}`));
      resolve(code);
    });
  });
  // What is said first may come with the handshake: it is listened for before.
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  socket.on('error', () => {});

  const nextText = (): Promise<string> => {
    const first = unread.shift();
    return first === undefined ? new Promise((resolve, reject) => void waiting.push({ resolve, reject })) : Promise.resolve(first);
  };
  const next = async () => decodeEnvelope(await nextText());
  return {
    socket,
    unread,
    nextText,
    next,
    nextLine: async () => {
      const { messageType, screen, data, transactionId: id } = await next();
      return messageType === 'ERROR' ? `ERROR ${data.errorCode} on ${screen} ${id}` : `${screen} ${id}`;
    },
    say: (action, transaction) => socket.send(encodeAction(action, transaction, nowMs())),
    sayRaw: (text) => socket.send(text),
    closed,
    stop: async () => {
      socket.terminate();
      await closed;
    },
  };
}
