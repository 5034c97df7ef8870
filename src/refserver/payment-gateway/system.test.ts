import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXAMPLE_CARD, type TestGateway, testGateway } from '../../testkit/payment-gateway.ts';
import { sizeText, uptimeText } from './system-info.ts';

let box: TestGateway;
beforeEach(() => {
  box = testGateway();
});
afterEach(() => box.stop());

const HEALTHS = ['/health', '/api/system/health'];

describe.each(HEALTHS)('%s', (path) => {
  const health = (end = '') => box.get(`${path}${end}`, {});

  test('of a gateway that has all it needs', async () => {
    box.clock.stepWall(86_400_000);
    const { status, body } = await health();
    const timestamp = '2026-02-02T15:00:00.000Z';
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'healthy',
      timestamp,
      uptime: 86_400,
      checks: {
        database: { status: 'healthy', responseTime: 0 },
        redis: { status: 'disabled' },
        thesieutoc: { status: 'healthy', lastCheck: timestamp, upstream: 'simulated' },
        payos: { status: 'healthy', lastCheck: timestamp, upstream: 'simulated' },
      },
    });
  });

  test('without its database', async () => {
    box.db.exec('ALTER TABLE gateway_numbers RENAME TO gone');
    const { status, body } = await health();
    expect(status).toBe(503);
    expect(body).toMatchObject({ status: 'unhealthy', checks: { database: { status: 'unhealthy', error: 'Database is not readable' } } });
    expect(await health('/ready')).toMatchObject({
      status: 503,
      body: { status: 'not_ready', reason: 'Database connection not established' },
    });
    expect((await health('/live')).status).toBe(200);
    box.db.exec('ALTER TABLE gone RENAME TO gateway_numbers');
    expect((await health()).status).toBe(200);
  });

  test.each(['payos', 'thesieutoc'] as const)('without %s: it says so, and is ready all the same', async (service) => {
    box[service].there = false;
    const { status, body } = await health();
    expect([status, body.status, body.checks[service].status]).toEqual([503, 'unhealthy', 'unhealthy']);
    expect((await health('/ready')).status).toBe(200);
  });

  test('asks what is far away every 30 seconds at the most', async () => {
    for (let i = 0; i < 5; i++) await health();
    expect(box.payos.script.calls).toEqual(['probe -']);
    box.clock.stepWall(30_000);
    await health();
    expect(box.payos.script.calls).toHaveLength(2);
  });

  test('does not wait for ever', async () => {
    box.payos.script.next('probe', 'hang');
    const reply = health();
    await box.pass(5_000);
    expect((await reply).body.checks.payos).toMatchObject({ status: 'unhealthy', error: 'No answer' });
  });

  test('/live, /ready, /ping and /version', async () => {
    const timestamp = '2026-02-01T15:00:00.000Z';
    expect((await health('/live')).body).toEqual({ status: 'alive', timestamp });
    expect((await health('/ready')).body).toEqual({ status: 'ready', timestamp });
    expect((await health('/ping')).body).toEqual({ message: 'pong', timestamp });
    expect((await health('/version')).body).toEqual({
      name: 'Payment Gateway API',
      version: '1.0.0',
      node: process.version,
      environment: 'simulation',
    });
  });
});

test('the root', async () => {
  expect((await box.get('/', {})).body).toEqual({
    name: 'Payment Gateway API',
    version: '1.0.0',
    description: 'Card (TheSieuToc) + Bank/QR (PayOS)',
    documentation: '/rest',
    health: '/health',
  });
});

test('system information has the fields of the document', async () => {
  await box.post('/api/thesieutoc', EXAMPLE_CARD);
  box.clock.stepWall(90_061_000);
  const whole = expect.any(Number);
  expect((await box.get('/api/system/info')).body).toEqual({
    success: true,
    data: {
      server: {
        name: 'Payment Gateway API',
        version: '1.0.0',
        environment: 'simulation',
        uptime: 90_061,
        uptime_text: '1 day, 1 hour, 1 minute',
      },
      system: {
        platform: 'linux',
        arch: expect.any(String),
        nodeVersion: process.version,
        memory: { total: whole, used: whole, free: whole, usage_percent: whole },
        cpu: { model: expect.any(String), cores: whole, usage_percent: whole },
      },
      database: { type: 'SQLite', path: ':memory:', size: expect.stringMatching(/^\d+\.\d [KM]B$/), transactions_count: 1 },
      redis: { connected: false, status: 'disabled' },
      scheduler: { enabled: true, jobs_active: 3 },
    },
  });
});

test.each([
  [0, '0 days, 0 hours, 0 minutes'],
  [86_400, '1 day, 0 hours, 0 minutes'],
  [180_119, '2 days, 2 hours, 1 minute'],
])('%i seconds are %s', (seconds, text) => {
  expect(uptimeText(seconds)).toBe(text);
});

test.each([
  [2_621_440, '2.5 MB'],
  [1_024, '1.0 KB'],
  [3_221_225_472, '3.0 GB'],
])('%i bytes are %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

describe('a Redis of the settings', () => {
  let redis: Server;
  const startWith = async (answer: string | null) => {
    redis = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => void (answer !== null && bytes.toString() === 'PING\r\n' && socket.write(answer)));
    });
    redis.listen(0, '127.0.0.1');
    await once(redis, 'listening');
    const address = redis.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await box.stop();
    box = testGateway({ settings: { redis: { host: '127.0.0.1', port } } });
    return port;
  };
  afterEach(() => new Promise<void>((resolve) => void redis.close(() => resolve())));

  test.each(['+PONG\r\n', '-NOAUTH Authentication required.\r\n'])('that answers %j is healthy', async (answer) => {
    const port = await startWith(answer);
    expect((await box.get('/health', {})).body.checks.redis).toEqual({ status: 'healthy' });
    expect((await box.get('/api/system/info')).body.data.redis).toEqual({ connected: true, host: `127.0.0.1:${port}` });
  });

  test('that is something else is not', async () => {
    await startWith('HTTP/1.1 400 Bad Request\r\n');
    expect(await box.get('/health', {})).toMatchObject({ status: 503, body: { checks: { redis: { status: 'unhealthy' } } } });
  });

  test('that is not there is not', async () => {
    await startWith(null);
    await new Promise<void>((resolve) => void redis.close(() => resolve()));
    expect((await box.get('/api/system/info')).body.data.redis).toMatchObject({ connected: false });
    redis = createServer().listen(0);
  });
});
