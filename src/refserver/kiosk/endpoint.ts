import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { TRANSACTION_ID } from '../../domain/kiosk.ts';
import { MAX_MESSAGE_BYTES } from '../../protocols/kiosk/codec.ts';
import type { FaultBoard } from '../faults.ts';
import { ChoiceRefusal } from './choices.ts';
import { CLOSE, Connection } from './connection.ts';
import type { Dialogues, DialoguesSide } from './dialogues.ts';
import type { Hearing } from './hearing.ts';
import { deviceOf, KIOSK_PATH, type TokenRegistry } from './tokens.ts';

export interface EndpointSide extends DialoguesSide {
  readonly dialogues: Dialogues;
  readonly hearing: Hearing;
  readonly faults: FaultBoard;
  readonly tokens: TokenRegistry;
}

const pathOf = (url = ''): string => url.split('?')[0] ?? '';
/** Whether a request that wants another protocol is for this endpoint. */
export const isKioskUpgrade = ({ url, headers }: Pick<IncomingMessage, 'url' | 'headers'>): boolean =>
  pathOf(url) === KIOSK_PATH && headers.upgrade?.toLowerCase() === 'websocket';

const SERVER_OPTIONS = {
  noServer: true,
  maxPayload: MAX_MESSAGE_BYTES,
  perMessageDeflate: false,
  clientTracking: true,
  autoPong: false,
  /** How long the other side may take to agree to an end, milliseconds. */
  closeTimeout: 2_000,
};

/** Where boxes connect: one connection a device, known by its token. */
export class Endpoint {
  readonly #side: EndpointSide;
  readonly #connections = new Map<string, Connection>();
  readonly #server = new WebSocketServer(SERVER_OPTIONS);
  #stopped = false;

  constructor(side: EndpointSide) {
    this.#side = side;
  }

  /** Takes a request for which `isKioskUpgrade` holds. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#stopped) {
      socket.destroy();
      return;
    }
    const { faults, tokens, book } = this.#side;
    socket.on('error', () => socket.destroy());
    if (faults.strike('kiosk-refuse')) {
      refuse(socket, '503 Service Unavailable');
      return;
    }
    const device = deviceOf(request.headers.authorization, tokens);
    if (device === null) {
      book.add('error', null, { code: 'token-refused', reason: 'a connection without a token that is known' });
      refuse(socket, '401 Unauthorized', 'WWW-Authenticate: Bearer\r\n');
      return;
    }
    const asked = askedIn(request.url ?? '');
    if (asked === undefined) {
      book.add('error', device, { code: 'transaction-invalid', reason: 'a transactionId that cannot be one' });
      refuse(socket, '400 Bad Request');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const { clock, settings } = this.#side;
      const connection: Connection = new Connection(webSocket, {
        device,
        clock,
        faults,
        book,
        pingMs: () => settings.now().pingMs,
        heard: (text) => this.#heard(device, text),
        ended: (one) => this.#ended(device, one),
      });
      this.#welcome(device, connection, asked);
    });
  }

  /** Ends every connection at once. */
  stop(): void {
    this.#stopped = true;
    for (const connection of [...this.#connections.values()]) connection.close(CLOSE.stopping);
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  #welcome(device: string, connection: Connection, asked: string | null): void {
    const { dialogues, book } = this.#side;
    const older = this.#connections.get(device);
    this.#connections.set(device, connection);
    older?.close(CLOSE.replaced);
    book.add('connect', device, { resumes: asked !== null });
    try {
      dialogues.connected(device, connection, asked);
    } catch (error) {
      connection.fail(error);
    }
  }

  #heard(device: string, text: string | null): boolean {
    const { hearing } = this.#side;
    if (text !== null) return hearing.heard(device, text);
    hearing.refused(device, new ChoiceRefusal('message-invalid', 'The message is not a text', 'a text frame with JSON'), null);
    return false;
  }

  #ended(device: string, connection: Connection): void {
    if (this.#connections.get(device) === connection) this.#connections.delete(device);
    this.#side.dialogues.disconnected(device, connection);
  }
}

/** The transaction to go on with; null: none is named. undefined: what is named cannot be one. */
function askedIn(url: string): string | null | undefined {
  const [asked, ...more] = new URLSearchParams(url.slice(pathOf(url).length)).getAll('transactionId');
  if (asked === undefined) return null;
  return more.length === 0 && TRANSACTION_ID.test(asked) ? asked : undefined;
}

/** Answers in plain HTTP and hangs up. */
function refuse(socket: Duplex, status: string, headers = ''): void {
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
