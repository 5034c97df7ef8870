import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Money } from '../../domain/money.ts';
import type { SaleTimings } from '../../domain/policy.ts';
import { buildVietQr } from '../../domain/qr/build.ts';
import type { QrIntent } from '../../ports/gateway.ts';
import { REFERENCE_GATEWAY } from '../../refserver/payment-gateway/settings.ts';
import type { LinkRequest, PaymentLink } from '../../refserver/payment-gateway/upstreams.ts';
import { type FakeClock, settle } from '../../testkit/clock.ts';
import { type TestGateway, testGateway } from '../../testkit/payment-gateway.ts';
import { paymentGatewayBox } from '../../testkit/payment-gateway-box.ts';
import { serveApp } from '../../testkit/scripted-upstream.ts';
import { ScriptedPayOs, ScriptedTheSieuToc } from '../../testkit/scripted-upstreams.ts';
import { TestBox } from '../../testkit/test-box.ts';

/** PayOS as scripted, with QRs that can be shown. */
class PayOs extends ScriptedPayOs {
  override async createLink(request: LinkRequest, signal: AbortSignal): Promise<PaymentLink> {
    const amount = { minor: request.amount, currency: 'VND' } as const;
    const qrCode = buildVietQr({ to: { kind: 'account', bin: '970422', id: '0123456789' }, amount });
    return { ...(await super.createLink(request, signal)), qrCode };
  }
}

const never = new AbortController().signal;
const LIFE_MS = 120_000;
const TIMINGS: Partial<SaleTimings> = { requoteMs: 1_000 };

let bench: TestBox;
let reference: TestGateway;
let payos: PayOs;
let served: Awaited<ReturnType<typeof serveApp>>;
let boxes: ReturnType<typeof paymentGatewayBox>[];
let under: number;

const adapter = () => boxes.at(-1)?.gateway;

async function started(policy: object = {}, board: object = {}): Promise<void> {
  boxes = [];
  under = 0;
  const counted = async <T>(work: Promise<T> | undefined): Promise<T> => {
    under++;
    try {
      return await (work as Promise<T>);
    } finally {
      under--;
    }
  };
  bench = new TestBox({
    policy: { currency: 'VND', minMinor: 1_000, maxMinor: 1_000_000, ...policy },
    timings: TIMINGS,
    board,
    dress: (gateway) => {
      gateway.deliver = async () => ({ state: 'acked' });
      gateway.requestQr = (intent: QrIntent, signal?: AbortSignal) => counted(adapter()?.requestQr(intent, signal ?? never));
      gateway.queryPayment = (charge: string, signal?: AbortSignal, amount?: Money) =>
        counted(adapter()?.queryPayment(charge, signal ?? never, amount));
      gateway.backendNowMs = () => adapter()?.backendNowMs() ?? 0;
      gateway.watch = async () => true;
    },
  });
  // The box has another clock after a power cut; everybody else goes by the one it has now.
  const clock = new Proxy(bench.clock, {
    get: (_, name: keyof FakeClock) => (typeof bench.clock[name] === 'function' ? bench.clock[name].bind(bench.clock) : bench.clock[name]),
  });
  payos = new PayOs(clock);
  reference = testGateway({
    settings: { linkLifeMs: LIFE_MS },
    from: { clock, payos, thesieutoc: new ScriptedTheSieuToc() },
  });
  served = await serveApp({
    fetch: async (request) => {
      const response = await reference.gateway.app.fetch(request);
      response.headers.set('date', new Date(bench.clock.wallMs()).toUTCString());
      return response;
    },
  });
  connect();
  await bench.start();
}

function connect(): void {
  boxes.push(paymentGatewayBox(served.url, { clock: bench.clock, settings: { apiKey: REFERENCE_GATEWAY.key } }));
}

/** Moves the clock, and lets every request come back. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    bench.clock.advance(Math.min(500, left));
    for (let i = 0; i < 40 && (i < 2 || under > 0); i++) await settle();
  }
}

const codes = () => [...payos.known.keys()];
const transfer = (orderCode: number, amount: number, reference_: string) =>
  reference.transfer({ orderCode, amount, reference: reference_ }, 'right');
const entries = (kind: string) => bench.store.ledger({ limit: 1_000 }).flatMap(({ entry }) => (entry.kind === kind ? [entry] : []));

beforeEach(() => {
  boxes = [];
});
afterEach(async () => {
  await bench.end();
  for (const { gateway } of boxes) await gateway.stop();
  await served.close();
  await reference.stop();
});

test('what is paid on a link just after it has expired is credit, not lost', async () => {
  await started();
  bench.box.sell({ amountMinor: 50_000, origin: 'api' });
  await pass(LIFE_MS + 20_000);
  const [code = 0] = codes();
  payos.says(code, { status: 'EXPIRED' });
  await pass(20_000);
  expect(bench.kinds()).toContain('charge.expired');
  expect((await reference.get(`/api/payos/orders/${code}`)).body.data.status).toBe('EXPIRED');
  await transfer(code, 50_000, 'FT1');
  await pass(60_000);
  expect(entries('charge.paid')).toMatchObject([{ amountMinor: 50_000, late: true }]);
  expect(bench.box.status().creditMinor).toBe(50_000);
});

test('a link cancelled at PayOS leaves the screen, and what is paid on it all the same is credit', async () => {
  await started({}, { acceptors: [] });
  bench.box.sell({ amountMinor: 50_000, origin: 'api' });
  await pass(5_000);
  const [code = 0] = codes();
  expect(bench.box.screen().kind).toBe('qr');
  payos.says(code, { status: 'CANCELLED' });
  await pass(30_000);
  expect(bench.box.screen().kind).not.toBe('qr');
  await transfer(code, 50_000, 'FT1');
  await pass(60_000);
  expect(bench.box.status().creditMinor).toBe(50_000);
  expect(entries('act.intent')).toEqual([]);
});

test('a part of a link that has run out asks for the rest by another QR', async () => {
  await started();
  bench.box.sell({ amountMinor: 50_000, origin: 'api' });
  await pass(1_000);
  bench.coin.insert(10_000);
  await pass(5_000);
  const [, second = 0] = codes();
  expect(bench.box.screen()).toMatchObject({ kind: 'qr', rest: { minor: 40_000 } });
  await pass(LIFE_MS + 10_000);
  expect(bench.box.screen().kind).not.toBe('qr');
  await transfer(second, 15_000, 'FT1');
  await pass(70_000);
  expect(bench.box.screen()).toMatchObject({ kind: 'qr', rest: { minor: 25_000 } });
  const [, , third = 0] = codes();
  await transfer(third, 25_000, 'FT2');
  await pass(35_000);
  expect(entries('act.intent')).toHaveLength(1);
  expect(entries('sale.settled')).toMatchObject([{ dueMinor: 50_000 }]);
  expect(bench.box.status().creditMinor).toBe(0);
});

test('a part, a restart, the rest on the first link and the second link too: delivered once, nothing lost', async () => {
  await started();
  bench.box.sell({ amountMinor: 50_000, origin: 'api' });
  await pass(5_000);
  const [first = 0] = codes();
  await transfer(first, 20_000, 'FT1');
  await pass(15_000);
  expect(bench.box.screen()).toMatchObject({ kind: 'qr', rest: { minor: 30_000 } });
  const [, second = 0] = codes();
  await bench.cut();
  connect();
  await bench.start();
  await pass(2_000);
  expect(bench.box.screen()).toMatchObject({ kind: 'qr', rest: { minor: 30_000 } });
  await transfer(first, 30_000, 'FT2');
  await pass(40_000);
  expect(entries('act.intent')).toHaveLength(1);
  await transfer(second, 30_000, 'FT3');
  await pass(40_000);
  expect(entries('act.intent')).toHaveLength(1);
  expect(entries('charge.paid')).toMatchObject([{ amountMinor: 30_000 }, { amountMinor: 30_000, late: true }]);
  expect(bench.box.status().creditMinor).toBe(30_000);
});

test('a box that takes nothing but QRs is free again when nobody pays the rest, and the part is credit', async () => {
  await started({}, { acceptors: [] });
  bench.box.sell({ amountMinor: 50_000, origin: 'button' });
  await pass(5_000);
  await transfer(codes()[0] ?? 0, 20_000, 'FT1');
  await pass(15_000);
  expect(bench.box.screen()).toMatchObject({ kind: 'qr', rest: { minor: 30_000 } });
  await pass(LIFE_MS + 10_000);
  expect(bench.box.status()).toMatchObject({ sale: null, creditMinor: 20_000 });
  bench.box.sell({ amountMinor: 50_000, origin: 'button' });
  await pass(2_000);
  expect(bench.box.screen()).toMatchObject({ kind: 'qr', rest: { minor: 30_000 } });
});

test('a box that takes nothing but QRs is free again when there is no QR for the rest', async () => {
  await started({}, { acceptors: [] });
  bench.box.sell({ amountMinor: 50_000, origin: 'button' });
  await pass(5_000);
  await transfer(codes()[0] ?? 0, 20_000, 'FT1');
  payos.script.next('create', 'refused');
  await pass(60_000);
  expect(bench.box.status()).toMatchObject({ sale: null, creditMinor: 20_000 });
});

test('a late payment while another sale runs pays for that one only what is there', async () => {
  await started();
  const { id } = bench.box.sell({ amountMinor: 50_000, origin: 'api' });
  await pass(2_000);
  const [first = 0] = codes();
  bench.box.cancel(id, 'api');
  bench.box.sell({ amountMinor: 80_000, origin: 'api' });
  await pass(2_000);
  await transfer(first, 50_000, 'FT1');
  await pass(40_000);
  expect(bench.box.screen()).toMatchObject({ kind: 'qr', rest: { minor: 30_000 } });
  expect(entries('act.intent')).toEqual([]);
});

test('a customer who pays is served soon although forty charges that nobody pays are asked about since the start', {
  timeout: 30_000,
}, async () => {
  await started();
  for (let i = 0; codes().length < 40; i++) {
    const { id } = bench.box.sell({ amountMinor: 50_000 + i * 1_000, origin: 'api' });
    await pass(4_000);
    if (bench.box.status().sale?.id === id) bench.box.cancel(id, 'api');
    await pass(10_000);
  }
  bench.box.sell({ amountMinor: 20_000, origin: 'api' });
  while (bench.box.screen().kind !== 'qr') await pass(1_000);
  await bench.cut();
  connect();
  await bench.start();
  await pass(20_000);
  expect(bench.box.status().watching).toBeGreaterThan(30);
  await transfer(codes().at(-1) ?? 0, 20_000, 'FT1');
  await pass(31_000);
  expect(entries('act.intent')).toHaveLength(1);
});
