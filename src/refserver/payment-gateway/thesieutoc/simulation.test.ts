import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../../testkit/clock.ts';
import { ScriptedUpstream } from '../../../testkit/scripted-upstream.ts';
import { FAKE_THESIEUTOC_KEY, sampleCard, simulatedTheSieuToc, theSieuTocDatabase } from '../../../testkit/simulated-thesieutoc.ts';

const NEVER = new AbortController().signal;
const CARD = sampleCard();

describe('the simulated TheSieuToc', () => {
  let hook: ScriptedUpstream;
  let url: string;
  let folder: string;
  let side: ReturnType<typeof simulatedTheSieuToc>;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tilld-thesieutoc-'));
    hook = new ScriptedUpstream();
    url = `${await hook.open()}/api/thesieutoc/callback`;
    side = simulatedTheSieuToc({ callbackUrl: url, decideMs: null });
    await side.simulation.submit(CARD, NEVER);
  });
  afterEach(async () => {
    await side.simulation.stop();
    await hook.close();
    rmSync(folder, { recursive: true });
  });
  const heard = async () => {
    const { body, headers } = await hook.requests.next('request');
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
    return Object.fromEntries(new URLSearchParams(body));
  };
  const codeOf = (act: () => unknown) => {
    try {
      act();
      return 'done';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const post = async (path: string, form: Record<string, string>) => {
    const response = await side.simulation.api.request(path, { method: 'POST', body: new URLSearchParams(form) });
    return (await response.json()) as { status: string; msg: string };
  };

  it('calls back with the fields of the document', async () => {
    side.simulation.decide(CARD.id, { outcome: 'success' });
    side.clock.advance(0);
    expect(await heard()).toEqual({
      status: 'thanhcong',
      serial: CARD.serial,
      pin: CARD.pin,
      card_type: 'Viettel',
      amount: '50000',
      receive_amount: '50000',
      real_amount: '43750',
      noidung: 'Gạch thẻ thành công',
      content: CARD.id,
    });
  });

  it('calls back about bad cards and wrong values', async () => {
    side.simulation.decide(CARD.id, { outcome: 'wrong-amount', actualAmount: 20_000 });
    side.clock.advance(0);
    expect(await heard()).toMatchObject({ status: 'saimenhgia', amount: '20000', receive_amount: '20000', real_amount: '8750' });
    const other = sampleCard({ id: 'TRANS_2', serial: 'FAKESERIAL98' });
    await side.simulation.submit(other, NEVER);
    side.simulation.decide(other.id, { outcome: 'failed' });
    side.clock.advance(0);
    expect(await heard()).toMatchObject({ status: 'thatbai', amount: '50000', receive_amount: '0', real_amount: '0', content: 'TRANS_2' });
  });

  it('calls twice, late, forged, or not at all', async () => {
    side.simulation.decide(CARD.id, { outcome: 'success' }, { lost: true });
    side.simulation.callAgain(CARD.id, { copies: 2, delayMs: 60_000, forged: { real_amount: '50000' } });
    side.clock.advance(59_999);
    await settle();
    expect(hook.requests.all).toEqual([]);
    side.clock.advance(1);
    expect([(await heard()).real_amount, (await heard()).real_amount]).toEqual(['50000', '50000']);
  });

  it('decides once', async () => {
    expect(codeOf(() => side.simulation.callAgain(CARD.id))).toBe('card-pending');
    expect(codeOf(() => side.simulation.decide('TRANS_unknown', { outcome: 'success' }))).toBe('card-unknown');
    expect(codeOf(() => side.simulation.callAgain('TRANS_unknown'))).toBe('card-unknown');
    for (const actualAmount of [50_000, 0, 0.5, 1e9]) {
      expect(codeOf(() => side.simulation.decide(CARD.id, { outcome: 'wrong-amount', actualAmount }))).toBe('amount-invalid');
    }
    side.simulation.decide(CARD.id, { outcome: 'failed' });
    expect(codeOf(() => side.simulation.decide(CARD.id, { outcome: 'success' }))).toBe('card-settled');
    expect((await side.simulation.status(CARD, NEVER))?.status).toBe(2);
  });

  it('goes on after a restart with cards and callbacks', async () => {
    const file = join(folder, 'state.sqlite');
    const first = simulatedTheSieuToc({ callbackUrl: url }, theSieuTocDatabase(file));
    await first.simulation.submit(CARD, NEVER);
    await first.simulation.stop();
    const second = simulatedTheSieuToc({ callbackUrl: url }, first.db, first.clock, 2);
    second.simulation.start();
    second.clock.advance(3_000);
    await second.simulation.stop();
    expect(second.simulation.list(1)[0]?.status).toBe(1);
    const third = simulatedTheSieuToc({ callbackUrl: url }, first.db, first.clock, 3);
    third.simulation.start();
    third.clock.advance(0);
    expect(await heard()).toMatchObject({ status: 'thanhcong', pin: CARD.pin });
    await third.simulation.stop();
    first.db.close();
  });

  it('says so when it starts with another card key, and leaves the card', async () => {
    await side.simulation.stop();
    const other = simulatedTheSieuToc({ callbackUrl: url, cardKey: new Uint8Array(32) }, side.db, side.clock);
    side.db.exec(`UPDATE thesieutoc_sim_cards SET decide_at_ms = 0`);
    other.simulation.start();
    other.clock.advance(0);
    expect(other.log.lines.at(-1)).toMatchObject({ level: 'error', event: 'thesieutoc-sim.failed', fields: { reason: 'gateway-sealed' } });
    expect(other.simulation.list(1)[0]?.status).toBe(0);
    await other.simulation.stop();
  });

  it('has neither PIN, serial nor key in database, log or answers', async () => {
    const file = join(folder, 'state.sqlite');
    const kept = simulatedTheSieuToc({ callbackUrl: url }, theSieuTocDatabase(file));
    hook.answer('cut');
    const card = sampleCard({ serial: 'FAKESERIAL98' });
    const form = { APIkey: FAKE_THESIEUTOC_KEY, mathe: card.pin, seri: card.serial, type: card.type, menhgia: '50000', content: card.id };
    const answers = [];
    for (const path of ['/chargingws/v2', '/chargingws/status_card', '/chargingws/v2']) {
      answers.push(await (await kept.simulation.api.request(path, { method: 'POST', body: new URLSearchParams(form) })).text());
    }
    kept.clock.advance(3_000);
    await hook.requests.next('request');
    await kept.simulation.stop();
    const all = JSON.stringify([answers, kept.log.lines, kept.simulation.list(10)]) + readFileSync(file, 'latin1');
    kept.db.close();
    for (const secret of [card.pin, card.serial, FAKE_THESIEUTOC_KEY]) expect(all.toUpperCase()).not.toContain(secret);
  });

  it.each([
    [{ APIkey: '' }, '54'],
    [{ APIkey: 'another-fake-key' }, '1'],
    [{ mathe: '' }, '55'],
    [{ mathe: 'a b c d' }, '55'],
    [{ seri: '' }, '56'],
    [{ menhgia: '' }, '52'],
    [{ menhgia: '-1' }, '52'],
    [{ type: 'viettel' }, '47'],
    [{ content: '' }, '47'],
    [{ content: '../x' }, '47'],
    [{ mathe: CARD.pin, seri: CARD.serial }, '2'],
  ])('answers a form with %j by code %s', async (wrong, code) => {
    const form = {
      APIkey: FAKE_THESIEUTOC_KEY,
      mathe: 'FAKEPIN000000',
      seri: 'FAKESERIAL98',
      type: 'Viettel',
      menhgia: '50000',
      content: 'TRANS_2',
    };
    expect((await post('/chargingws/v2', { ...form, ...wrong })).status).toBe(code);
    expect(side.simulation.list(10)).toHaveLength(1);
  });

  it('checks nobody’s card without the key', async () => {
    expect((await post('/chargingws/status_card', { content: CARD.id })).status).toBe('54');
    expect((await post('/chargingws/status_card', { APIkey: 'another-fake-key', content: CARD.id })).status).toBe('1');
    expect((await post('/chargingws/status_card', { APIkey: FAKE_THESIEUTOC_KEY, content: 'x' })).status).toBe('2');
    expect((await side.simulation.api.request('/chargingws/v2', { method: 'POST', body: 'x'.repeat(9_000) })).status).toBe(413);
  });
});
