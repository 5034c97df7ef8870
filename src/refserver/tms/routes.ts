import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Fault } from '../../domain/fault.ts';
import { readablePath } from '../../domain/readable-path.ts';
import { MAX_BODY_BYTES } from '../../protocols/ds50/codec.ts';
import { decodeStatusReport, encodeStatusReply } from '../../protocols/ds50/tms.ts';
import { hasApiKey } from '../ds50/api-key.ts';
import type { BackendLog } from '../environment.ts';
import { type HttpEnv, interference } from '../interference.ts';
import { Refusal } from '../refusal.ts';
import type { Deployments } from './deployments.ts';
import { type DownloadSide, download } from './download.ts';

export interface DeviceSide extends DownloadSide {
  readonly deployments: Deployments;
  readonly apiKey: string;
}

/** What devices call, under /tms/v1: the packages, and where they report to. Both need the API key. */
export function deviceRoutes(side: DeviceSide): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(interference(side.faults, side.clock, side.stopping));
  app.onError((error) => refused(error, side.log));
  app.use(async (c, next) => {
    if (!hasApiKey((name) => c.req.header(name), side.apiKey)) throw keyWrong();
    await next();
  });

  app.get('/packages/:sha256', (c) => download(c, side, c.req.param('sha256')));
  app.post('/status', bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => refused(tooLarge(), side.log) }), async (c) => {
    const report = decodeStatusReport(new Uint8Array(await c.req.arrayBuffer()));
    side.deployments.receive(report);
    const body = encodeStatusReply(report.reports.length) as Uint8Array<ArrayBuffer>;
    return c.body(body, 200, { 'content-type': 'application/json' });
  });
  app.all('*', (c) =>
    refused(new Refusal(404, `There is no ${c.req.method} ${readablePath(c.req.path)} here`, { code: 'not-found' }), side.log),
  );
  return app;
}

const keyWrong = (): Refusal =>
  new Refusal(401, 'The API key is missing or wrong', { code: 'api-key-wrong', remedy: 'Send the key of this backend as x-api-key.' });

const tooLarge = (): Refusal =>
  new Refusal(413, 'The message is too large', { code: 'body-too-large', expected: `at most ${MAX_BODY_BYTES} bytes` });

/** `{respCode, code, message}`; `respCode` is the HTTP status and never 00. What is not the device's to mend is ours (500). */
function refused(error: Error, log: BackendLog): Response {
  if (error instanceof Fault && (error.blame === 'caller' || error.blame === 'peer')) {
    const status = error instanceof Refusal ? error.status : 400;
    return Response.json({ respCode: String(status), code: error.code, message: error.explain() }, { status });
  }
  log.error('tms.error', { reason: error instanceof Fault ? error.explain() : error.message });
  return Response.json({ respCode: '500', code: 'internal', message: 'The backend failed; its log says why' }, { status: 500 });
}
