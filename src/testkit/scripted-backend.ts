import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type TestBroker, type TestBrokerOptions, testBroker } from './broker.ts';
import { eventLog } from './event-log.ts';

interface SeenRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the script answers: JSON unless `type` says otherwise, or no answer at all. */
export type ScriptedReply =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly type?: string;
      readonly body: string | object;
    }
  | 'cut'
  | 'silence';

interface Exchange {
  /** `POST /api/…`: anything else at this place of the script is a failure. */
  readonly request: string;
  /** The exact bytes expected. */
  readonly body?: string;
  readonly reply: ScriptedReply | ((request: SeenRequest) => ScriptedReply);
}

/** A backend that follows a script over real HTTP and has a real broker; what was not asked for, or asked for in vain, fails the test. */
export interface ScriptedBackend {
  readonly httpUrl: string;
  readonly mqttUrl: string;
  readonly broker: TestBroker;
  readonly requests: ReturnType<typeof eventLog<SeenRequest>>;
  /** Adds exchanges to the end of the script. */
  script(...exchanges: readonly Exchange[]): void;
  /** Stops everything, then throws if the script was not followed to its end. */
  stop(): Promise<void>;
}

export async function scriptedBackend(options?: TestBrokerOptions): Promise<ScriptedBackend> {
  const broker = await testBroker(options);
  const requests = eventLog<SeenRequest>();
  const left: Exchange[] = [];
  const failures: string[] = [];
  const server = createServer(async (incoming, response) => {
    const body = Buffer.concat(await Array.fromAsync(incoming)).toString();
    const { method = '', url: path = '', headers } = incoming;
    const seen: SeenRequest = { kind: 'request', method, path, headers, body };
    requests.add(seen);
    const exchange = left.shift();
    if (exchange?.request !== `${method} ${path}` || (exchange.body !== undefined && exchange.body !== body)) {
      failures.push(
        `came ${method} ${path} ${body}, expected ${exchange === undefined ? 'nothing' : `${exchange.request} ${exchange.body ?? ''}`}`,
      );
      response.writeHead(500).end();
      return;
    }
    const reply = typeof exchange.reply === 'function' ? exchange.reply(seen) : exchange.reply;
    if (reply === 'silence') return;
    if (reply === 'cut') {
      incoming.socket.destroy();
      return;
    }
    response.writeHead(reply.status ?? 200, { 'content-type': reply.type ?? 'application/json', ...reply.headers });
    response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    httpUrl: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    mqttUrl: `mqtt://127.0.0.1:${broker.port}`,
    broker,
    requests,
    script: (...exchanges) => void left.push(...exchanges),
    stop: async () => {
      server.closeAllConnections();
      await Promise.all([broker.stop(), new Promise((resolve) => server.close(resolve))]);
      failures.push(...left.map(({ request }) => `never came: ${request}`));
      if (failures.length > 0) throw new RangeError(`the script was not followed:\n${failures.join('\n')}`);
    },
  };
}
