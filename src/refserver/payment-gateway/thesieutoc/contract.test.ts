import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../../domain/fault.ts';
import type { FakeClock } from '../../../testkit/clock.ts';
import { serveApp } from '../../../testkit/scripted-upstream.ts';
import { FAKE_THESIEUTOC_KEY, sampleCard, simulatedTheSieuToc } from '../../../testkit/simulated-thesieutoc.ts';
import { CARD_STATUS, type TheSieuTocUpstream } from '../upstreams.ts';
import { createTheSieuTocClient } from './client.ts';
import { REFERENCE_FEES } from './fees.ts';
import type { TheSieuTocSimulation } from './simulation.ts';

const NEVER = new AbortController().signal;
const PENDING = { status: CARD_STATUS.PENDING, actualAmount: null, receivedAmount: null };
const FAILED = { status: CARD_STATUS.FAILED, actualAmount: null, receivedAmount: 0 };

interface Harness {
  readonly upstream: TheSieuTocUpstream;
  close(): Promise<void>;
}

const direct = async (simulation: TheSieuTocSimulation): Promise<Harness> => ({ upstream: simulation, close: async () => undefined });
const overHttp = async (simulation: TheSieuTocSimulation, clock: FakeClock): Promise<Harness> => {
  const served = await serveApp(simulation.api);
  const client = createTheSieuTocClient({ apiKey: FAKE_THESIEUTOC_KEY, url: served.url }, clock);
  return { upstream: client, close: async () => void (await Promise.all([client.close(), served.close()])) };
};

describe.each([
  { name: 'the simulation', open: direct },
  { name: 'the HTTP client before the simulation', open: overHttp },
])('$name keeps the contract of TheSieuTocUpstream', ({ open }) => {
  let side: ReturnType<typeof simulatedTheSieuToc>;
  let harness: Harness;
  let upstream: TheSieuTocUpstream;
  beforeEach(async () => {
    side = simulatedTheSieuToc();
    harness = await open(side.simulation, side.clock);
    upstream = harness.upstream;
  });
  afterEach(async () => {
    await harness.close();
    await side.simulation.stop();
  });
  const refusal = (promise: Promise<unknown>) =>
    promise.catch((error: unknown) => (error instanceof Fault ? [error.blame, error.code, error.found] : error));

  it('takes a card, which then waits', async () => {
    expect(await upstream.submit(sampleCard(), NEVER)).toMatchObject(PENDING);
    expect(await upstream.status(sampleCard(), NEVER)).toMatchObject(PENDING);
  });

  it.each([
    ['success', { outcome: 'success' }, { status: 1, actualAmount: 50_000, receivedAmount: 43_750 }],
    ['failure', { outcome: 'failed' }, FAILED],
    ['a lower value', { outcome: 'wrong-amount', actualAmount: 20_000 }, { status: 3, actualAmount: 20_000, receivedAmount: 8_750 }],
    [
      'a value the gateway takes none of',
      { outcome: 'wrong-amount', actualAmount: 30_000 },
      { status: 3, actualAmount: 30_000, receivedAmount: 13_125 },
    ],
    [
      'a value it has no fee for',
      { outcome: 'wrong-amount', actualAmount: 40_000 },
      { status: 3, actualAmount: 40_000, receivedAmount: null },
    ],
  ] as const)('tells of %s', async (_what, verdict, state) => {
    await upstream.submit(sampleCard(), NEVER);
    side.simulation.decide(sampleCard().id, verdict);
    const told = await upstream.status(sampleCard(), NEVER);
    expect(told).toMatchObject(state);
    expect(told?.message).toMatch(/thẻ/i);
  });

  it('reckons the penalty of the document', async () => {
    const card = sampleCard({ amount: 100_000 });
    await upstream.submit(card, NEVER);
    side.simulation.decide(card.id, { outcome: 'wrong-amount', actualAmount: 50_000 });
    expect(await upstream.status(card, NEVER)).toMatchObject({ status: 3, actualAmount: 50_000, receivedAmount: 21_875 });
  });

  it.each([
    ['FAKESERIAL00', FAILED],
    ['FAKESERIAL01', { status: 3, actualAmount: 20_000, receivedAmount: 8_750 }],
    ['FAKESERIAL02', PENDING],
    ['FAKESERIAL98', { status: 1, actualAmount: 50_000, receivedAmount: 43_750 }],
  ])('decides a card with the serial %s after a while', async (serial, state) => {
    const card = sampleCard({ serial });
    await upstream.submit(card, NEVER);
    side.clock.advance(2_999);
    expect(await upstream.status(card, NEVER)).toMatchObject(PENDING);
    side.clock.advance(1);
    expect(await upstream.status(card, NEVER)).toMatchObject(state);
  });

  it('refuses while an operator is under maintenance', async () => {
    const card = sampleCard({ serial: 'FAKESERIAL03' });
    expect(await refusal(upstream.submit(card, NEVER))).toEqual(['peer', 'upstream-refused', 'code -1089: Thẻ đang bảo trì']);
    expect(await upstream.status(card, NEVER)).toBeNull();
  });

  it('takes the same submission as the same, before and after it is decided', async () => {
    await upstream.submit(sampleCard(), NEVER);
    expect(await upstream.submit(sampleCard(), NEVER)).toMatchObject(PENDING);
    side.simulation.decide(sampleCard().id, { outcome: 'success' });
    expect(await upstream.submit(sampleCard(), NEVER)).toMatchObject({ status: 1, receivedAmount: 43_750 });
    expect(side.simulation.list(10)).toHaveLength(1);
  });

  it('fails a card that another submission has used', async () => {
    await upstream.submit(sampleCard(), NEVER);
    const again = sampleCard({ id: 'TRANS_0000000000002', amount: 100_000, pin: sampleCard().pin.toLowerCase() });
    expect(await upstream.submit(again, NEVER)).toMatchObject(FAILED);
    expect(await upstream.status(again, NEVER)).toBeNull();
  });

  it('knows nothing of a card that was never submitted', async () => {
    expect(await upstream.status(sampleCard(), NEVER)).toBeNull();
  });

  it('has a table of fees, for everybody and for an account', async () => {
    const sorted = (fees: readonly { type: string; value: number }[]) =>
      fees.toSorted((a, b) => a.type.localeCompare(b.type) || a.value - b.value);
    expect(sorted(await upstream.fees(null, NEVER))).toEqual(sorted(REFERENCE_FEES));
    expect(sorted(await upstream.fees('đại lý/1', NEVER))).toEqual(sorted(REFERENCE_FEES));
  });

  it('gives up when nobody waits any more', async () => {
    const gone = AbortSignal.abort();
    for (const act of [upstream.submit(sampleCard(), gone), upstream.status(sampleCard(), gone), upstream.fees(null, gone)]) {
      expect(await refusal(act)).toMatchObject(['peer', 'upstream-unreachable', 'the request was given up']);
    }
    expect([await upstream.probe(gone), await upstream.probe(NEVER)]).toEqual([false, true]);
    expect(side.simulation.list(10)).toEqual([]);
  });
});
