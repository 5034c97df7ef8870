import { type Context, Hono } from 'hono';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { asBoolean, asInteger, asList, asPattern, MessageFault } from '../../domain/json-fields.ts';
import { MAX_PACKAGE_BYTES } from '../../domain/ota/limits.ts';
import { readablePath } from '../../domain/readable-path.ts';
import type { Changes } from '../changes.ts';
import { controlBody, controlBodyLimit, demandNothingElse, errorReply, limitOf } from '../control-request.ts';
import type { BackendClock, BackendLog } from '../environment.ts';
import type { HttpEnv } from '../interference.ts';
import { Refusal } from '../refusal.ts';
import type { DeploymentPlan } from './deployment-store.ts';
import type { Deployments, RolloutOrder } from './deployments.ts';
import { type Groups, MAX_GROUP_DEVICES } from './groups.ts';
import { tooLarge } from './package-folder.ts';
import type { Packages } from './packages.ts';
import type { StatusHistory } from './status.ts';

export interface TmsControlSide {
  readonly packages: Packages;
  readonly groups: Groups;
  readonly deployments: Deployments;
  readonly history: StatusHistory;
  readonly changes: Changes;
  readonly clock: BackendClock;
  readonly log: BackendLog;
}

/** A thousand serial numbers fit. */
const MAX_GROUP_BYTES = 128 * 1024;
const SERIAL = /^[A-Za-z0-9_-]{1,64}$/;
/** Fewer digits than any card number has. */
const GROUP_NAME = /^(?!(?:\D*\d){13})[\p{L}\p{N}](?:[\p{L}\p{N}\p{M} ._-]{0,62}[\p{L}\p{N}\p{M}])?$/u;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const YEAR_S = 365 * 86_400;

/** The part of the control API a person rolls packages out with: /ref/tms. */
export function tmsControlRoutes(side: TmsControlSide): Hono<HttpEnv> {
  const { packages, groups, deployments, history, log } = side;
  const changed = () => side.changes.tell('tms');
  const app = new Hono<HttpEnv>();
  app.onError((error) => errorReply(error, log));

  // Before the limit for small bodies: a package is written to the disk as it comes.
  app.post('/packages', async (c) => {
    const { name, bytes } = uploaded(c);
    const added = await packages.add(name, bytes);
    log.info('tms.package', { package: added.package.sha256, name: added.package.name, new: added.isNew });
    if (added.isNew) changed();
    return c.json({ package: added.package }, added.isNew ? 201 : 200);
  });
  app.use(controlBodyLimit(log, MAX_GROUP_BYTES));
  app.get('/packages', (c) => c.json({ packages: packages.list(), maxBytes: MAX_PACKAGE_BYTES }));
  app.delete('/packages/:sha256', async (c) => {
    await packages.remove(c.req.param('sha256'));
    changed();
    return c.json({ packages: packages.list() });
  });

  app.get('/groups', (c) => c.json({ groups: groups.list() }));
  app.get('/groups/:name', (c) => c.json({ group: groups.get(c.req.param('name')) }));
  app.put('/groups/:name', async (c) => {
    const { devices, ...rest } = await controlBody(c, MAX_GROUP_BYTES);
    demandNothingElse(rest);
    const name = asPattern(
      c.req.param('name'),
      'name',
      GROUP_NAME,
      '1 to 64 letters, digits (at most 12), spaces and . _ -, a letter or digit at both ends',
    );
    const group = groups.put(name, asList(devices, 'devices', MAX_GROUP_DEVICES).map(serialIn));
    changed();
    return c.json({ group });
  });
  app.delete('/groups/:name', (c) => {
    groups.remove(c.req.param('name'));
    changed();
    return c.json({ groups: groups.list() });
  });

  app.get('/deployments', (c) => c.json({ deployments: deployments.list(limitOf(c)), nowMs: side.clock.wallMs() }));
  app.post('/deployments', async (c) => {
    const plan = planIn(await controlBody(c), side.clock.wallMs());
    packages.get(plan.sha256);
    const { devices } = groups.get(plan.group);
    if (devices.length === 0) throw new Refusal(409, 'The group has no devices', { code: 'group-empty', found: plan.group });
    const deployment = deployments.create(plan, devices);
    log.info('tms.deployment', { deployment: deployment.id, package: plan.sha256, devices: devices.length });
    return c.json({ deployment }, 201);
  });
  app.get('/deployments/:id', (c) => {
    const { devices, ...deployment } = deployments.get(c.req.param('id'));
    if (c.req.query('history') === 'no') return c.json({ deployment: { ...deployment, devices }, nowMs: side.clock.wallMs() });
    const reports = history.ofDeployment(deployment.id);
    const told = devices.map((device) => ({ ...device, history: reports.get(device.deviceSn) ?? [] }));
    return c.json({ deployment: { ...deployment, devices: told }, nowMs: side.clock.wallMs() });
  });
  for (const order of ['pause', 'resume', 'cancel', 'resend'] as const satisfies readonly RolloutOrder[]) {
    app.post(`/deployments/:id/${order}`, async (c) => {
      const { device, ...rest } = await controlBody(c);
      demandNothingElse(order === 'resend' || device === undefined ? rest : { device });
      const deployment = deployments.order(c.req.param('id'), order, device === undefined ? null : serialIn(device));
      log.info('tms.order', { deployment: deployment.id, order });
      return c.json({ deployment });
    });
  }
  app.get('/devices/:sn/reports', (c) => c.json({ reports: history.ofDevice(c.req.param('sn')) }));
  app.all('*', (c) =>
    errorReply(new Refusal(404, `There is no ${c.req.method} ${readablePath(c.req.path)} here`, { code: 'not-found' }), log),
  );
  return app;
}

/** A package in a request: its bytes as the body, its file name in the query `name` or the header `x-package-name`. */
function uploaded(c: Context<HttpEnv>): { readonly name: string; readonly bytes: AsyncIterable<Uint8Array> } {
  if (c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() !== 'application/zip') {
    throw new Refusal(415, 'The body must be a package', { code: 'content-type', expected: 'content-type: application/zip' });
  }
  const name = c.req.query('name') ?? c.req.header('x-package-name');
  if (name === undefined || name === '') {
    throw new Refusal(400, 'The package has no name', { code: 'package-name', expected: 'its file name in the query, as ?name=…' });
  }
  if (Number(c.req.header('content-length') ?? 0) > MAX_PACKAGE_BYTES) throw tooLarge();
  return { name, bytes: c.env.incoming };
}

const serialIn = (value: JsonValue): string => asPattern(value, 'devices', SERIAL, 'serial numbers of 1 to 64 of A-Z a-z 0-9 _ -');

function planIn(body: JsonObject, nowMs: number): DeploymentPlan {
  const { package: sha256, group, batchSize, pauseAfterFailures, deadline, permitDowngrade, ...rest } = body;
  demandNothingElse(rest);
  return {
    sha256: asPattern(sha256, 'package', /^[0-9a-f]{64}$/, 'the SHA-256 of a package, 64 lower-case hex digits'),
    group: asPattern(group, 'group', GROUP_NAME, 'the name of a group'),
    batchSize: asInteger(batchSize, 'batchSize', 1, MAX_GROUP_DEVICES),
    pauseAfterFailures: asInteger(pauseAfterFailures, 'pauseAfterFailures', 1, MAX_GROUP_DEVICES),
    deadlineMs: deadline === undefined || deadline === null ? null : deadlineIn(deadline, nowMs),
    permitDowngrade: permitDowngrade === undefined ? false : asBoolean(permitDowngrade, 'permitDowngrade'),
  };
}

/** Seconds from now, or an RFC 3339 time that is yet to come; a year away at the most. */
function deadlineIn(value: JsonValue, nowMs: number): number {
  if (typeof value === 'number') return nowMs + asInteger(value, 'deadline', 1, YEAR_S) * 1000;
  const expected = 'seconds from 1 to a year, or an RFC 3339 time within the next year';
  const ms = Date.parse(asPattern(value, 'deadline', RFC3339, expected));
  if (!(ms > nowMs && ms <= nowMs + YEAR_S * 1000)) throw new MessageFault('deadline', value, expected);
  return ms;
}
