import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { ConfigurationFault, type Fault } from '../domain/fault.ts';
import type { Log } from '../ports/log.ts';
import { namesAt, programPath, readFileAtSync } from '../program-files.ts';
import { type ApiAddress, proxyToBox } from './box-proxy.ts';
import type { PanelBoard } from './panel-board.ts';
import { RequestRefused, readBody, requireOwnPage, send, sendJson, sendRefusal } from './panel-http.ts';
import type { PowerSwitch } from './supervisor.ts';

const PAGE = programPath('src/simulator/panel');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const BOX_PATHS = /^\/(v1|sim)\/|^\/(healthz|openapi\.json)$/;

export interface PanelOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly api: ApiAddress;
  /** The page of the reference backend. */
  readonly refUrl: string;
  readonly board: PanelBoard;
  readonly power: PowerSwitch;
  readonly log: Log;
}

/** The panel while it is served. `stop` ends every connection. */
export interface Panel {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Serves the panel's page, hands the box's local API through, and holds the mains switch: `POST /sim/power {cut}` is
 * answered here, because a box without power cannot. `GET /panel/state` says what the page must know while it is off.
 * @throws ConfigurationFault `port-in-use`, `address-unusable`
 */
export async function startPanel(options: PanelOptions): Promise<Panel> {
  const files = pageFiles();
  const loopback = /^(localhost|127\.|::1$)/.test(options.host);
  const server = createServer((request, response) => {
    answer(request, response, options, files, loopback).catch((error: Error) => {
      if (error instanceof RequestRefused) return sendRefusal(response, error);
      options.log.error('panel.request', { path: request.url ?? '', error: error.message });
      response.destroy();
    });
  });
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFault(error, options)));
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: PanelOptions,
  files: ReadonlyMap<string, PageFile>,
  loopback: boolean,
): Promise<void> {
  requireOwnPage(request, loopback);
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const { method } = request;
  if (method !== 'GET' && method !== 'POST') throw new RequestRefused(405, 'method-not-allowed', 'Only GET and POST are served here');
  if (path === '/sim/power' && method === 'POST') return switchPower(request, response, options.power);
  if (BOX_PATHS.test(path)) return proxyToBox(request, response, options.api, () => boxDown(options.power));
  if (method !== 'GET') throw new RequestRefused(404, 'not-found', 'There is nothing to post to here');
  if (path === '/panel/state') return sendJson(response, 200, panelState(options));
  const file = files.get(path === '/' ? '/index.html' : path);
  if (!file) throw new RequestRefused(404, 'not-found', 'There is no such page');
  send(response, 200, file.type, file.bytes);
}

const panelState = ({ power, refUrl, board }: PanelOptions) => ({ ...power.state(), refUrl, board });

function boxDown(power: PowerSwitch): RequestRefused {
  const off = power.state().power === 'off';
  return off
    ? new RequestRefused(503, 'power-off', 'The box has no power', 'Switch the power on.')
    : new RequestRefused(503, 'box-starting', 'The box does not answer yet', 'Wait a moment.');
}

async function switchPower(request: IncomingMessage, response: ServerResponse, power: PowerSwitch): Promise<void> {
  const cut = cutOf(await readBody(request));
  if (cut === null) throw new RequestRefused(400, 'power-invalid', 'The body must be {"cut": true} or {"cut": false}');
  await (cut ? power.cut() : power.switchOn());
  sendJson(response, 200, power.state());
}

function cutOf(body: Buffer): boolean | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && 'cut' in value && typeof value.cut === 'boolean' ? value.cut : null;
  } catch {
    return null;
  }
}

interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** The page's own files by their paths, read once: what is not among them cannot be asked for. */
function pageFiles(): ReadonlyMap<string, PageFile> {
  const served = namesAt(PAGE).flatMap((name) => {
    const type = TYPES[extname(name)];
    return type === undefined ? [] : [[`/${name}`, { type, bytes: readFileAtSync(join(PAGE, name)) }] as const];
  });
  return new Map(served);
}

function listenFault(error: NodeJS.ErrnoException, { host, port }: PanelOptions): Fault {
  if (error.code === 'EADDRINUSE') {
    const remedy = 'End the program that listens there, or take another port with --port.';
    return new ConfigurationFault(`Port ${port} for the panel is in use`, { code: 'port-in-use', found: `${host}:${port}`, remedy });
  }
  return new ConfigurationFault('The panel cannot listen on its address', {
    code: 'address-unusable',
    found: `${host}:${port} (${error.code ?? error.message})`,
    remedy: 'Give another address with --host or --port.',
  });
}
