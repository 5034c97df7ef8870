import { PeerFault } from '../domain/fault.ts';
import { errorCode, symptomOf } from './socket.ts';

interface Detail {
  readonly code: string;
  readonly found?: string;
  readonly remedy?: string;
  readonly lasting: boolean;
  readonly cause?: unknown;
}

/** Why there is no link. `lasting`: the server or what it was given is wrong, and retries are slow until someone changes something. */
export class WebSocketFault extends PeerFault {
  readonly lasting: boolean;

  constructor(message: string, detail: Detail) {
    super(message, detail);
    this.lasting = detail.lasting;
  }
}

/** What an answer to the handshake that is not the wanted one (101) means. */
export function refusedHandshake(status: number): WebSocketFault {
  const found = `status ${status}`;
  if (status === 401 || status === 403) {
    const remedy = 'Check the token.';
    return new WebSocketFault('The server does not let this box in', { code: 'websocket-auth-refused', found, remedy, lasting: true });
  }
  if (status >= 300 && status < 400) {
    const remedy = 'Set the url to where the server is; redirects are not followed.';
    return new WebSocketFault('The server sends this box elsewhere', { code: 'websocket-redirected', found, remedy, lasting: true });
  }
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    const remedy = 'Check the url, its path too.';
    return new WebSocketFault('The server refused the connection', { code: 'websocket-refused', found, remedy, lasting: true });
  }
  if (status >= 400) return new WebSocketFault('The server is not available', { code: 'websocket-unavailable', found, lasting: false });
  const remedy = 'Check the url; a page in between (a login page of the network, a proxy) may be answering.';
  return new WebSocketFault('The answer is not that of a WebSocket server', {
    code: 'websocket-not-offered',
    found,
    remedy,
    lasting: false,
  });
}

/** What an error of a socket that was not connected yet means, or of one that died. */
export function socketFault(error: unknown): WebSocketFault {
  const symptom = symptomOf(error);
  return new WebSocketFault(symptom.message, { ...symptom, cause: error });
}

/** What an error of the client library means. */
export function websocketFault(error: unknown): WebSocketFault {
  const code = errorCode(error);
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return new WebSocketFault('The server sent a message that is too large', { code: 'websocket-too-large', lasting: false, cause: error });
  }
  // Without a code the library means the handshake; HPE_… is what the HTTP parser says.
  if (code === '' || code.startsWith('HPE_')) {
    return new WebSocketFault('The answer is not that of a WebSocket server', {
      code: 'websocket-handshake',
      lasting: false,
      cause: error,
    });
  }
  if (code.startsWith('WS_ERR_')) {
    return new WebSocketFault('The server broke the protocol', { code: 'websocket-protocol', found: code, lasting: false, cause: error });
  }
  return socketFault(error);
}
