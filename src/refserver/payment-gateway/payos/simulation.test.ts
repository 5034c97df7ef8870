import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../../testkit/clock.ts';
import { ScriptedUpstream } from '../../../testkit/scripted-upstream.ts';
import { FAKE_PAYOS_KEYS, payOsDatabase, sampleLinkRequest, simulatedPayOs } from '../../../testkit/simulated-payos.ts';
import { RETRY_MS } from '../deliveries.ts';

const NEVER = new AbortController().signal;
const ORDER = 123_456;

describe('the simulated PayOS', () => {
  let hook: ScriptedUpstream;
  let url: string;
  let folder: string;
  let side: ReturnType<typeof simulatedPayOs>;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tilld-payos-'));
    hook = new ScriptedUpstream();
    url = `${await hook.open()}/callback`;
    side = simulatedPayOs({ webhookUrl: url });
    await side.simulation.createLink(sampleLinkRequest(side.clock), NEVER);
  });
  afterEach(async () => {
    await side.simulation.stop();
    await hook.close();
    rmSync(folder, { recursive: true });
  });
  const heard = async () => {
    const { body } = await hook.requests.next('request');
    return side.simulation.readNotice(JSON.parse(body));
  };
  const codeOf = (act: () => unknown) => {
    try {
      act();
      return 'done';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  /** Waits until the next retry is set. */
  const answered = async (attempt: number) => {
    while (side.log.lines.filter(({ event }) => event.startsWith('gateway-sim.')).length < attempt) await settle();
  };

  it('tells the gateway of a payment, rightly signed', async () => {
    const { reference } = side.simulation.pay(ORDER, 50_000);
    side.clock.advance(0);
    expect(await heard()).toMatchObject({ orderCode: ORDER, amount: 50_000, reference });
  });

  it('tells it twice, each the same', async () => {
    side.simulation.pay(ORDER, 50_000, { copies: 2 });
    side.clock.advance(0);
    const [first, second] = [await heard(), await heard()];
    expect(first).toEqual(second);
  });

  it('tells it late', async () => {
    side.simulation.pay(ORDER, 50_000, { delayMs: 60_000 });
    side.clock.advance(59_999);
    await settle();
    expect(hook.requests.all).toEqual([]);
    side.clock.advance(1);
    expect(await heard()).toMatchObject({ orderCode: ORDER });
  });

  it('tells it with a wrong signature', async () => {
    side.simulation.pay(ORDER, 50_000, { wrongSignature: true });
    side.clock.advance(0);
    expect(await heard()).toBeNull();
  });

  it('tells of an order nobody made', async () => {
    side.simulation.pay(ORDER, 50_000, { unknownOrder: true });
    side.clock.advance(0);
    const notice = await heard();
    expect(notice && side.simulation.find(notice.orderCode)).toBeNull();
    expect(notice?.amount).toBe(50_000);
  });

  it('tells nothing of a payment whose webhook is lost', async () => {
    side.simulation.pay(ORDER, 50_000, { lost: true });
    side.clock.advance(3_600_000);
    await settle();
    expect([hook.requests.all, side.simulation.find(ORDER)?.status]).toEqual([[], 'PAID']);
  });

  it('tries again until it is heard', async () => {
    hook.answer({ status: 500 }, 'cut', { status: 302, headers: { location: 'http://127.0.0.1:1/' } });
    side.simulation.pay(ORDER, 50_000);
    side.clock.advance(0);
    for (const [done, waitMs] of RETRY_MS.slice(0, 3).entries()) {
      await answered(done + 1);
      side.clock.advance(waitMs - 1);
      await settle();
      expect(hook.requests.all).toHaveLength(done + 1);
      side.clock.advance(1);
    }
    await answered(4);
    expect(side.log.lines.at(-1)).toMatchObject({ event: 'gateway-sim.delivered', fields: { attempts: 4, status: 200 } });
    expect(side.clock.pending()).toBe(0);
  });

  it('gives up in the end and says so', async () => {
    hook.answer(...RETRY_MS.map(() => ({ status: 500 })), { status: 500 });
    side.simulation.pay(ORDER, 50_000);
    side.clock.advance(0);
    for (const [done, waitMs] of RETRY_MS.entries()) {
      await answered(done + 1);
      side.clock.advance(waitMs);
    }
    await answered(RETRY_MS.length + 1);
    expect(side.log.lines.at(-1)).toMatchObject({ level: 'warn', event: 'gateway-sim.given-up' });
    expect(side.clock.pending()).toBe(0);
  });

  it('loses neither links, payments nor webhooks in a restart', async () => {
    const file = join(folder, 'state.sqlite');
    const first = simulatedPayOs({ webhookUrl: url }, payOsDatabase(file));
    await first.simulation.createLink(sampleLinkRequest(first.clock), NEVER);
    first.simulation.pay(ORDER, 20_000, { delayMs: 60_000 });
    const before = first.simulation.find(ORDER);
    await first.simulation.stop();
    const second = simulatedPayOs({ webhookUrl: url }, first.db, first.clock);
    second.simulation.start();
    expect(second.simulation.find(ORDER)).toEqual(before);
    second.clock.advance(60_000);
    expect(await heard()).toMatchObject({ orderCode: ORDER, amount: 20_000 });
    await second.simulation.stop();
    first.db.close();
  });

  it('keeps where webhooks go', async () => {
    const { simulation, db, clock } = simulatedPayOs();
    expect(await simulation.confirmWebhook(`${url}/confirmed`)).toBe(true);
    await hook.requests.next('request');
    await simulation.createLink(sampleLinkRequest(clock), NEVER);
    const again = simulatedPayOs({ webhookUrl: 'http://127.0.0.1:1/' }, db, clock).simulation;
    again.pay(ORDER, 50_000);
    clock.advance(0);
    expect((await hook.requests.next('request')).path).toBe('/callback/confirmed');
    await Promise.all([simulation.stop(), again.stop()]);
  });

  it.each<[string, (simulation: typeof side.simulation) => void, string]>([
    ['cancelled', (simulation) => simulation.cancel(ORDER), 'CANCELLED'],
    ['expired', (simulation) => simulation.expire(ORDER), 'EXPIRED'],
    ['failed', (simulation) => simulation.fail(ORDER), 'FAILED'],
  ])('takes no money for a link that is %s, unless late', (_what, close, status) => {
    close(side.simulation);
    expect(side.simulation.find(ORDER)?.status).toBe(status);
    for (const act of [
      () => side.simulation.pay(ORDER, 50_000),
      () => side.simulation.cancel(ORDER),
      () => side.simulation.expire(ORDER),
      () => side.simulation.process(ORDER),
    ]) {
      expect(codeOf(act)).toBe('link-closed');
    }
    side.simulation.pay(ORDER, 50_000, { late: true, lost: true });
    expect(side.simulation.find(ORDER)?.status).toBe('PAID');
  });

  it.each([0, -1, 0.5, Number.NaN, 1e13])('takes no transfer of %d', (amount) => {
    expect(codeOf(() => side.simulation.pay(ORDER, amount))).toBe('amount-invalid');
    expect(codeOf(() => side.simulation.pay(9, 1))).toBe('order-unknown');
  });

  it('writes no key into log or database', async () => {
    side.simulation.pay(ORDER, 50_000);
    side.clock.advance(0);
    await heard();
    const tables = ['payos_sim_links', 'payos_sim_transfers', 'gateway_sim_deliveries'];
    const kept = JSON.stringify([side.log.lines, tables.map((table) => side.db.prepare(`SELECT * FROM ${table}`).all())]);
    for (const key of Object.values(FAKE_PAYOS_KEYS)) expect(kept).not.toContain(key);
    expect(side.simulation.list(10)).toHaveLength(1);
  });
});
