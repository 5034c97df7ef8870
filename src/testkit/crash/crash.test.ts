import { describe, expect, it } from 'vitest';
import { seededEntropy } from '../entropy.ts';
import { needsPython } from '../pty.ts';
import { type CampaignResult, campaign } from './campaign.ts';
import { DS50 } from './ds50-scenarios.ts';
import { KIOSK } from './kiosk-scenarios.ts';
import { PAYMENT_GATEWAY } from './payment-gateway-scenarios.ts';
import { PROMPTPAY } from './promptpay-scenarios.ts';
import { QRIS_SOUNDBOX } from './qris-scenarios.ts';
import { SERIAL_ACCEPTORS } from './serial-scenarios.ts';

/** A part of what `npm run crash` does: an even choice of the commits of every scenario, and a few random instants. */
const KILLS = { promptpay: 10, ds50: 9, qris: 8, kiosk: 7, gateway: 8, serial: 3 };
/** Of the kiosk's scenarios, those in which most can go wrong. */
const KIOSK_PART = ['kiosk-timeout', 'kiosk-away', 'kiosk-unheard', 'kiosk-lost-result', 'kiosk-paper-out', 'kiosk-delivery'];
/** Of those of the payment gateway too. */
const GATEWAY_PART = [
  'vietqr-parts',
  'vietqr-overpaid',
  'vietqr-late-part',
  'vietqr-away',
  'vietqr-cancelled',
  'vietqr-lost-answer',
  'top-up-success',
  'top-up-late',
];
/** Of those with acceptors on serial ports: coins that are counted late, and bills that are being kept when the box dies. */
const SERIAL_PART = ['serial-coins-away', 'cctalk-moving', 'ict-moving'];
const TIMEOUT_MS = 240_000;

const python = needsPython();

const random = () => {
  const dice = seededEntropy(7);
  return () => dice.fraction();
};

function expectSound({ faults, kills, killsIn, figures }: CampaignResult, wanted: number, scenarios: readonly { readonly name: string }[]) {
  expect(faults).toEqual([]);
  expect(kills).toBeGreaterThanOrEqual(wanted);
  expect(Object.keys(killsIn)).toEqual(scenarios.map(({ name }) => name));
  expect(figures['charges paid']).toBeGreaterThan(0);
  expect(figures['sales settled']).toBeGreaterThan(0);
}

/** Both wait for clocks and disks most of the time. */
describe.concurrent('a box that is killed at the commits of whatever it does', () => {
  it('loses and doubles nothing of QR and cash', { timeout: TIMEOUT_MS }, async () => {
    const result = await campaign(PROMPTPAY, { kills: KILLS.promptpay, random: random() });
    expectSound(result, KILLS.promptpay, PROMPTPAY.scenarios);
    expect(result.figures['refunds due']).toBeGreaterThan(0);
    expect(result.figures['paid late']).toBeGreaterThan(0);
  });

  it('loses and doubles nothing of cards and orders', { timeout: TIMEOUT_MS }, async () => {
    const result = await campaign(DS50, { kills: KILLS.ds50, random: random() });
    expectSound(result, KILLS.ds50, DS50.scenarios);
    expect(result.figures['charges declined']).toBeGreaterThan(0);
    expect(result.figures['charges given up with an alarm']).toBeGreaterThan(0);
    expect(result.figures.orders).toBeGreaterThan(0);
  });

  it('loses and doubles nothing of payments, settings and commands', { timeout: TIMEOUT_MS }, async () => {
    const result = await campaign(QRIS_SOUNDBOX, { kills: KILLS.qris, random: random() });
    expectSound(result, KILLS.qris, QRIS_SOUNDBOX.scenarios);
    expect(result.figures['paid late']).toBeGreaterThan(0);
    expect(result.figures['payments announced']).toBeGreaterThan(0);
    expect(result.figures['settings applied']).toBeGreaterThan(0);
    expect(result.figures['commands carried out']).toBeGreaterThan(0);
  });

  it('loses and doubles nothing of payments at the terminal of a backend, and of tickets', { timeout: TIMEOUT_MS }, async () => {
    const result = await campaign(KIOSK, { kills: KILLS.kiosk, only: KIOSK_PART, random: random() });
    expectSound(
      result,
      KILLS.kiosk,
      KIOSK_PART.map((name) => ({ name })),
    );
    expect(result.figures['charges failed']).toBeGreaterThan(0);
    expect(result.figures['charges given up with an alarm']).toBeGreaterThan(0);
    expect(result.figures['tickets printed']).toBeGreaterThan(0);
    expect(result.figures['tickets failed']).toBeGreaterThan(0);
  });

  it('loses and doubles nothing of transfers in parts, beyond the price and too late, and of top-up cards', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const result = await campaign(PAYMENT_GATEWAY, { kills: KILLS.gateway, only: GATEWAY_PART, random: random() });
    expectSound(
      result,
      KILLS.gateway,
      GATEWAY_PART.map((name) => ({ name })),
    );
    expect(result.figures['parts paid']).toBeGreaterThan(0);
    expect(result.figures['paid beyond the price']).toBeGreaterThan(0);
    expect(result.figures['paid late']).toBeGreaterThan(0);
    expect(result.figures['refunds due']).toBeGreaterThan(0);
    expect(result.figures['charges given up']).toBeGreaterThan(0);
    expect(result.figures['top-up cards credited']).toBeGreaterThan(0);
  });

  it.skipIf(python.missing)(
    `loses and doubles nothing of coins and bills that acceptors remember or hold${python.why}`,
    {
      timeout: TIMEOUT_MS,
    },
    async () => {
      const result = await campaign(SERIAL_ACCEPTORS, { kills: KILLS.serial, only: SERIAL_PART, random: random() });
      expectSound(
        result,
        KILLS.serial,
        SERIAL_PART.map((name) => ({ name })),
      );
      expect(result.figures['coins counted']).toBeGreaterThan(0);
      expect(result.figures['bills credited']).toBeGreaterThan(0);
    },
  );
});
