import { afterEach, describe, expect, it } from 'vitest';
import { RequestFault } from '../domain/request-fault.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox } from '../testkit/test-box.ts';

let bench: TestBox;
const REGISTRATION = { pin: '1150', deviceId: 'device-0004' };

afterEach(async () => {
  expect(bench.gateway.leftovers()).toEqual([]);
  await bench.end();
});

describe('pairing', () => {
  it('shows the PIN, and forgets it when the first charge proves that somebody has claimed the box', async () => {
    bench = new TestBox({ paired: false, autoPair: true });
    bench.gateway.registrations.push(REGISTRATION);
    await bench.start();
    expect(bench.box.status().pairing).toEqual({ state: 'registered', pin: '1150', deviceId: 'device-0004', reason: null });
    expect(bench.box.screen()).toMatchObject({ kind: 'idle', pin: '1150' });
    bench.gateway.offers.push({ charge: 'ch_1', qr: 'QR', expiresAtMs: bench.clock.wallMs() + 60_000 });
    bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    await settle();
    expect(bench.box.status().pairing).toMatchObject({ state: 'paired', pin: null, deviceId: 'device-0004' });
  });

  it('keeps the identity over a power cut', async () => {
    bench = new TestBox({ paired: false, autoPair: true });
    bench.gateway.registrations.push(REGISTRATION);
    await bench.start();
    await bench.cut();
    await bench.start();
    expect(bench.box.status().pairing).toMatchObject({ state: 'registered', pin: '1150', deviceId: 'device-0004' });
  });

  it('goes on by itself after a power cut in the middle', async () => {
    bench = new TestBox({ paired: false });
    bench.gateway.registrations.push(new Promise(() => undefined));
    await bench.start();
    void bench.box.pair();
    await settle();
    expect(bench.box.status().pairing.state).toBe('registering');
    await bench.cut();
    bench.gateway.registrations.push(REGISTRATION);
    await bench.start();
    expect(bench.box.status().pairing.state).toBe('registered');
  });

  it('tries again while there is no answer', async () => {
    bench = new TestBox({ paired: false, autoPair: true });
    bench.gateway.registrations.push(new RequestFault('no answer', { code: 'peer-timeout', retryable: true }), REGISTRATION);
    await bench.start();
    expect(bench.box.status().pairing).toMatchObject({ state: 'registering', reason: 'no answer' });
    await bench.clock.flow(5_000);
    expect(bench.box.status().pairing.state).toBe('registered');
  });

  it('says clearly that the backend refuses, and does not insist', async () => {
    bench = new TestBox({ paired: false, autoPair: true, policy: { requirePairing: true } });
    bench.gateway.registrations.push(
      new RequestFault('The backend refused the box', { code: 'refused', found: 'Bad Request', retryable: false }),
    );
    await bench.start();
    await bench.clock.flow(120_000, 1_000);
    expect(bench.box.status().pairing).toMatchObject({ state: 'refused', reason: 'The backend refused the box; found Bad Request' });
    expect(bench.box.screen()).toMatchObject({ kind: 'pairing', state: 'refused' });
  });

  it('keeps selling under the old identity until a new one is there', async () => {
    bench = await new TestBox().start();
    bench.gateway.registrations.push(new RequestFault('no', { code: 'refused', retryable: false }));
    await bench.box.pair();
    expect(bench.box.status()).toMatchObject({ pairing: { state: 'refused', deviceId: 'device-0001' }, ready: { qr: true } });
    bench.gateway.registrations.push(REGISTRATION);
    bench.box.press('pair');
    await settle();
    expect(bench.box.status().pairing).toMatchObject({ state: 'registered', deviceId: 'device-0004' });
  });
});
