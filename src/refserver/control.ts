import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Fault } from '../domain/fault.ts';
import { type JsonObject, parseJson } from '../protocols/json.ts';
import type { Announcer } from './announcer.ts';
import { changeStream } from './change-stream.ts';
import type { Changes } from './changes.ts';
import type { Charges, Settled } from './charges.ts';
import type { Devices } from './devices.ts';
import type { BackendClock, BackendLog } from './environment.ts';
import type { EventLogs } from './event-logs.ts';
import { FAULT_KINDS, type FaultBoard } from './faults.ts';
import type { HttpEnv } from './interference.ts';
import { Refusal } from './refusal.ts';
import type { States } from './states.ts';

export interface ControlSide {
  readonly devices: Devices;
  readonly charges: Charges;
  readonly logs: EventLogs;
  readonly states: States;
  readonly faults: FaultBoard;
  readonly announcer: Announcer;
  readonly changes: Changes;
  readonly clock: BackendClock;
  readonly log: BackendLog;
  /** Where boxes find this backend, once it listens. */
  readonly addresses: () => { readonly httpUrl: string; readonly mqttUrl: string };
  readonly stopping: AbortSignal;
}

const MAX_CONTROL_BYTES = 8192;

/**
 * The control API: what a person does on the backend's page and the customer in a banking app. Errors are
 * `{error: {code, message, found?, expected?, remedy?}}`.
 */
export function controlRoutes(side: ControlSide): Hono<HttpEnv> {
  const { devices, charges, logs, states, faults, changes } = side;
  const app = new Hono<HttpEnv>();
  app.use(bodyLimit({ maxSize: MAX_CONTROL_BYTES, onError: () => errorReply(tooLarge(), side.log) }));
  app.onError((error) => errorReply(error, side.log));

  app.get('/addresses', (c) => c.json(side.addresses()));
  app.get('/devices', (c) => c.json({ devices: devices.list() }));
  app.post('/devices/:id/claim', async (c) => {
    const { pin, ...rest } = await body(c);
    demandNothingElse(rest);
    if (typeof pin !== 'string' || !/^\d{4}$/.test(pin)) throw invalid('pin', '"pin": four digits as a text');
    const device = claimed(side, c.req.param('id'), pin);
    return c.json({ device });
  });

  app.get('/charges', (c) => c.json({ charges: charges.list(limitOf(c)), nowMs: side.clock.wallMs() }));
  app.post('/charges/:id/pay', async (c) => {
    const { late, ...rest } = await body(c);
    demandNothingElse(rest);
    if (late !== undefined && typeof late !== 'boolean') throw invalid('late', '"late": true or false');
    const chargeId = c.req.param('id');
    const mayBeLate = late === true || (charges.get(chargeId).state === 'expired' && faults.strike('late-payment') !== null);
    return c.json(await settled(side, charges.pay(chargeId, mayBeLate)));
  });
  app.post('/charges/:id/fail', async (c) => {
    demandNothingElse(await body(c));
    return c.json(await settled(side, charges.fail(c.req.param('id'))));
  });
  app.post('/charges/:id/expire', async (c) => {
    demandNothingElse(await body(c));
    const result = charges.expire(c.req.param('id'));
    if (result.changed) changes.tell('charges');
    return c.json(result);
  });

  app.get('/logs', (c) => c.json({ logs: logs.list(limitOf(c)), total: logs.count() }));
  app.get('/states', (c) => {
    const device = c.req.query('device');
    return c.json({ states: device === undefined ? states.last() : states.history(device), nowMs: side.clock.wallMs() });
  });

  app.get('/faults', (c) => c.json({ faults: faults.list(), kinds: FAULT_KINDS }));
  app.post('/faults', async (c) => {
    return c.json({ fault: faults.add(await body(c)) }, 201);
  });
  app.delete('/faults', (c) => {
    faults.clear();
    return c.json({ faults: faults.list() });
  });
  app.delete('/faults/:id', (c) => {
    faults.remove(Number(c.req.param('id')));
    return c.json({ faults: faults.list() });
  });

  app.get('/stream', (c) => changeStream(c, changes, side.stopping));
  app.all('*', (c) => errorReply(new Refusal(404, `There is no ${c.req.method} ${c.req.path} here`, { code: 'not-found' }), side.log));
  return app;
}

function claimed(side: ControlSide, deviceId: string, pin: string) {
  try {
    const device = side.devices.claim(deviceId, pin);
    side.log.info('device.claimed', { device: deviceId });
    return device;
  } finally {
    // Also after a wrong PIN: it may have been the last try.
    side.changes.tell('devices');
  }
}

/** A settlement that is repeated is not announced again. */
async function settled(side: ControlSide, result: Settled): Promise<Settled> {
  if (!result.changed) return result;
  const { chargeId, state } = result.charge;
  side.log.info('charge.settled', { charge: chargeId, state });
  side.changes.tell('charges');
  await side.announcer.announce(chargeId, state === 'paid');
  return result;
}

function limitOf(c: Context): number {
  const text = c.req.query('limit');
  if (text === undefined) return 100;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1000) throw invalid('limit', 'a number from 1 to 1000');
  return limit;
}

/** The JSON object of a request; an empty body is an empty object. A page of another site cannot send this type unasked. */
async function body(c: Context): Promise<JsonObject> {
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  if (bytes.length === 0) return {};
  if (c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    throw new Refusal(415, 'The body must be JSON', { code: 'content-type', expected: 'content-type: application/json' });
  }
  const value = parseJson(bytes, MAX_CONTROL_BYTES);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw invalid('body', 'a JSON object');
  return value as JsonObject;
}

function demandNothingElse(rest: JsonObject): void {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw invalid(unknown.slice(0, 40), 'not given: this request does not know it');
}

const invalid = (name: string, expected: string): Refusal =>
  new Refusal(400, `The field ${name} is not usable`, { code: 'request-invalid', expected });

const tooLarge = (): Refusal =>
  new Refusal(413, 'The body is too large', { code: 'body-too-large', expected: `at most ${MAX_CONTROL_BYTES} bytes` });

/** A fault as the control API answers it. */
export function errorReply(error: Error, log: BackendLog): Response {
  if (!(error instanceof Fault)) {
    log.error('backend.error', { reason: error.message });
    return Response.json({ error: { code: 'internal', message: 'The backend failed; its log says why' } }, { status: 500 });
  }
  const { code, message, found, expected, remedy } = error;
  return Response.json({ error: { code, message, found, expected, remedy } }, { status: error instanceof Refusal ? error.status : 400 });
}
