import * as v from 'valibot';
import { CURRENCY_CODES, MAX_MINOR } from '../domain/money.ts';
import { DEFAULT_POLICY, DEFAULT_TIMINGS, driveFor } from '../domain/policy.ts';
import { type Contradiction, choice, consistent, flag, section, text, whole } from './fields.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const pulseMs = () => whole('How long a pulse lasts, in milliseconds', 1, HOUR_MS);
const gapMs = () => whole('Pause after a pulse, in milliseconds', 1, HOUR_MS);

const driveSchema = () =>
  v.pipe(
    v.variant(
      'mode',
      [
        section(
          { mode: v.literal('hold'), holdMs: whole('How long the output stays on, in milliseconds', 1, HOUR_MS) },
          'Switched on for a time',
        ),
        section(
          { mode: v.literal('pulses'), count: whole('How many pulses', 1, 10_000), pulseMs: pulseMs(), gapMs: gapMs() },
          'A number of pulses',
        ),
        section(
          {
            mode: v.literal('pulses-per'),
            unitMinor: whole('One pulse for every so many minor units of the price', 1, MAX_MINOR),
            pulseMs: pulseMs(),
            gapMs: gapMs(),
          },
          'One pulse for every unit of the price',
        ),
      ],
      ({ path }) => `${path ? '' : 'an object whose "mode" is '}"hold", "pulses" or "pulses-per"`,
    ),
    v.description('What the output does for a sale'),
  );

const money = (description: string) => whole(`${description}, in minor units`, 1, MAX_MINOR);
const keepOrOwe = (description: string) => choice(description, ['credit', 'refund']);

function saleFields() {
  const product = section(
    {
      button: text('The button on the board that sells it', 32),
      label: text('What the screen says', 40),
      priceMinor: money('Price'),
      drive: v.exactOptional(driveSchema()),
    },
    'A thing sold at the press of a button',
  );
  const policy = {
    currency: v.optional(choice('The one currency of the box', CURRENCY_CODES), DEFAULT_POLICY.currency),
    minMinor: v.optional(money('Smallest price'), DEFAULT_POLICY.minMinor),
    maxMinor: v.optional(money('Largest price'), DEFAULT_POLICY.maxMinor),
    latePayment: v.optional(
      keepOrOwe('A QR that was paid after its sale was over: credit on the box, or owed back'),
      DEFAULT_POLICY.latePayment,
    ),
    overpayment: v.optional(keepOrOwe('What was put in beyond the price'), DEFAULT_POLICY.overpayment),
    cancelledCash: v.optional(keepOrOwe('Cash that is in when a sale is cancelled'), DEFAULT_POLICY.cancelledCash),
    idleCash: v.optional(
      choice('Cash without a sale: kept for the next one, or sold at once', ['credit', 'sell']),
      DEFAULT_POLICY.idleCash,
    ),
    cashWhileQr: v.optional(flag('Whether cash is taken while a QR is on the screen'), DEFAULT_POLICY.cashWhileQr),
    requirePairing: v.optional(flag('Whether an unpaired box takes no cash either'), DEFAULT_POLICY.requirePairing),
    drive: v.optional(driveSchema(), { mode: 'hold', holdMs: 5_000 }),
    products: v.optional(
      v.pipe(v.array(product, 'a list […]'), v.maxLength(64, 'at most 64 products'), v.description('What buttons sell')),
      [],
    ),
  };
  const time = (description: string, key: keyof typeof DEFAULT_TIMINGS, most: number) =>
    v.optional(whole(`${description}, in milliseconds`, 100, most), DEFAULT_TIMINGS[key]);
  const timings = {
    requestMs: time('How long the same charge is asked for before the sale goes on without a QR', 'requestMs', HOUR_MS),
    qrMaxMs: time('Longest time a QR stays on the screen', 'qrMaxMs', DAY_MS),
    cashIdleMs: time('A sale without a QR and without money ends after this', 'cashIdleMs', DAY_MS),
    requoteMs: time('Quiet time after the last piece before a QR for the rest is asked for', 'requoteMs', HOUR_MS),
    cardAnswerMs: time('How long the answer to a card payment is waited for with the customer', 'cardAnswerMs', HOUR_MS),
    topUpAnswerMs: time('How long the operator of a top-up card is waited for with the customer', 'topUpAnswerMs', HOUR_MS),
    topUpTypingMs: time('What is typed of a top-up card is forgotten when no key comes for so long', 'topUpTypingMs', HOUR_MS),
    firstPollMs: time('First question whether a QR is paid', 'firstPollMs', HOUR_MS),
    pollMinMs: time('Pause before the second question; it doubles from then on', 'pollMinMs', HOUR_MS),
    pollMaxMs: time('Longest pause between questions', 'pollMaxMs', HOUR_MS),
    graceMs: time('How long a charge is watched after its QR left the screen', 'graceMs', DAY_MS),
    resultMs: time('How long a result stays on the screen', 'resultMs', HOUR_MS),
  };
  return section({ ...policy, ...timings }, 'What is sold, and by which rules');
}

type Sale = v.InferOutput<ReturnType<typeof saleFields>>;

/** The `sale` section: policy, timings and products together. */
export const saleSection = () => v.pipe(saleFields(), consistent(saleContradictions));

function* saleContradictions(sale: Sale): Generator<Contradiction> {
  if (sale.minMinor > sale.maxMinor) {
    yield { at: ['minMinor'], found: String(sale.minMinor), expected: `at most maxMinor, which is ${sale.maxMinor}` };
  }
  if (sale.pollMinMs > sale.pollMaxMs) {
    yield { at: ['pollMinMs'], found: String(sale.pollMinMs), expected: `at most pollMaxMs, which is ${sale.pollMaxMs}` };
  }
  if (sale.idleCash === 'sell' && sale.drive.mode !== 'pulses-per') {
    yield {
      at: ['idleCash'],
      found: '"sell"',
      expected: '"credit", or a drive whose mode is "pulses-per", which says what a piece of money buys',
    };
  }
  for (const [i, product] of sale.products.entries()) yield* productContradictions(sale, product, i);
}

function* productContradictions(sale: Sale, { button, priceMinor, drive }: Sale['products'][number], i: number): Generator<Contradiction> {
  const at = (key: string) => ['products', i, key];
  if (sale.products.findIndex((other) => other.button === button) < i) {
    yield { at: at('button'), found: JSON.stringify(button), expected: 'a button no other product has' };
  }
  if (priceMinor < sale.minMinor || priceMinor > sale.maxMinor) {
    yield { at: at('priceMinor'), found: String(priceMinor), expected: `minMinor to maxMinor, ${sale.minMinor} to ${sale.maxMinor}` };
  }
  if (driveFor(drive ?? sale.drive, priceMinor) === null) {
    yield { at: at('priceMinor'), found: String(priceMinor), expected: 'at least the unitMinor of the drive, so that it buys a pulse' };
  }
}
