import { Hono } from 'hono';
import { readablePath } from '../domain/readable-path.ts';
import type { Announcer } from './announcer.ts';
import { changeStream } from './change-stream.ts';
import type { Changes } from './changes.ts';
import type { Charges, Settled } from './charges.ts';
import { controlBody, controlBodyLimit, demandNothingElse, errorReply, invalid, limitOf } from './control-request.ts';
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

/**
 * The control API: what a person does on the backend's page and the customer in a banking app. Errors are
 * `{error: {code, message, found?, expected?, remedy?}}`.
 */
export function controlRoutes(side: ControlSide): Hono<HttpEnv> {
  const { devices, charges, logs, states, faults, changes } = side;
  const app = new Hono<HttpEnv>();
  app.use(controlBodyLimit(side.log));
  app.onError((error) => errorReply(error, side.log));

  app.get('/addresses', (c) => c.json(side.addresses()));
  app.get('/devices', (c) => c.json({ devices: devices.list() }));
  app.post('/devices/:id/claim', async (c) => {
    const { pin, ...rest } = await controlBody(c);
    demandNothingElse(rest);
    if (typeof pin !== 'string' || !/^\d{4}$/.test(pin)) throw invalid('pin', '"pin": four digits as a text');
    const device = claimed(side, c.req.param('id'), pin);
    return c.json({ device });
  });

  app.get('/charges', (c) => c.json({ charges: charges.list(limitOf(c)), nowMs: side.clock.wallMs() }));
  app.post('/charges/:id/pay', async (c) => {
    const { late, ...rest } = await controlBody(c);
    demandNothingElse(rest);
    if (late !== undefined && typeof late !== 'boolean') throw invalid('late', '"late": true or false');
    const chargeId = c.req.param('id');
    const mayBeLate = late === true || (charges.get(chargeId).state === 'expired' && faults.strike('late-payment') !== null);
    return c.json(await settled(side, charges.pay(chargeId, mayBeLate)));
  });
  app.post('/charges/:id/fail', async (c) => {
    demandNothingElse(await controlBody(c));
    return c.json(await settled(side, charges.fail(c.req.param('id'))));
  });
  app.post('/charges/:id/expire', async (c) => {
    demandNothingElse(await controlBody(c));
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
    return c.json({ fault: faults.add(await controlBody(c)) }, 201);
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
  app.all('*', (c) =>
    errorReply(new Refusal(404, `There is no ${c.req.method} ${readablePath(c.req.path)} here`, { code: 'not-found' }), side.log),
  );
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
