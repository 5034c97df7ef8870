import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KioskAction, KioskScreen } from '../../domain/kiosk.ts';
import { MAX_MINOR } from '../../domain/money.ts';
import {
  CLIENT_FIXTURES,
  changed,
  compact,
  decoderOf,
  documented,
  refusal,
  SERVER_FIXTURES,
  withData,
} from '../../testkit/kiosk-messages.ts';
import * as codec from './codec.ts';

const FIXTURES = [...SERVER_FIXTURES, ...CLIENT_FIXTURES];
const fixtures = fc.constantFrom(...FIXTURES);

describe('whatever comes', () => {
  test('a decoder gives a value or a MessageFault', () => {
    const mutated = fc
      .tuple(fixtures, fc.nat(200), fc.string({ maxLength: 6, unit: 'binary' }), fc.nat(12))
      .map(([name, place, insert, cut]) => compact(name).slice(0, place) + insert + compact(name).slice(place + cut));
    const field = fc.constantFrom('messageType', 'screen', 'data', 'transactionId', 'timestamp');
    const replaced = fc.tuple(fixtures, field, fc.jsonValue()).map(([name, key, value]) => changed(name, { [key]: value }));
    const inside = fc
      .tuple(fixtures, fc.nat(3), fc.oneof(fc.jsonValue(), fc.double(), fc.array(fc.double())))
      .map(([name, nth, value]) => withData(name, { [Object.keys(documented(name).data as object)[nth] ?? 'more']: value }));
    const text = fc.oneof(fc.string(), fc.json(), mutated, replaced, inside);
    const decoders = [...FIXTURES.map(decoderOf), codec.decodeEnvelope];
    fc.assert(
      fc.property(fc.constantFrom(...decoders), text, (decode, said) => void refusal(() => decode(said))),
      { numRuns: 10_000 },
    );
  });

  test('no secret is quoted', () => {
    const secrets = ['4111111111111111', 'sk_00000000000000000000000000000000', 4_111_111_111_111_111];
    let refused = 0;
    for (const name of FIXTURES) {
      const all = Object.keys(documented(name));
      const inside = Object.keys(documented(name).data as object);
      for (const secret of secrets) {
        for (const value of [secret, [secret], `${secret}\n`, { [secret]: secret }]) {
          const texts = [
            ...all.map((key) => changed(name, { [key]: value })),
            ...inside.map((key) => withData(name, { [key]: value })),
            compact(name).replace('"data"', `"${String(secret)}":1,"${String(secret)}":2,"data"`),
          ];
          for (const said of texts) {
            const words = refusal(() => decoderOf(name)(said));
            if (words !== 'accepted') refused++;
            expect(words).not.toContain(String(secret));
          }
        }
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});

describe('every message survives the wire', () => {
  const currency = fc.constantFrom(...(['GBP', 'THB', 'IDR', 'VND', 'CNY'] as const));
  const transaction = fc.stringMatching(/^[A-Za-z0-9._:-]{1,64}$/).filter((id) => id !== 'initial');
  const atMs = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
  const words = fc.stringMatching(/^[ a-zA-Zก-๛é£中😀]{0,100}$/u).map((text) => text.trim());
  const method = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,39}$/).filter((name) => name !== 'CANCEL');
  const minor = fc.integer({ min: 1, max: MAX_MINOR });
  const flag = fc.boolean();

  test('the server’s', () => {
    const any = currency.chain((inUse) => {
      const amount = minor.map((each) => ({ minor: each, currency: inUse }));
      const some = fc
        .uniqueArray(minor, { minLength: 1, maxLength: 12 })
        .map((all) => all.map((each) => ({ minor: each, currency: inUse })));
      const screen = fc.oneof<fc.Arbitrary<KioskScreen>[]>(
        fc.record({ screen: fc.constant('amount-select' as const), amounts: some, other: flag }),
        fc.constant({ screen: 'amount-select', amounts: [], other: true }),
        fc.tuple(amount, amount, flag).map(([a, b, allowCancel]) => ({
          screen: 'keypad',
          min: a.minor < b.minor ? a : b,
          max: a.minor < b.minor ? b : a,
          allowCancel,
        })),
        fc.record({
          screen: fc.constant('payment-method' as const),
          methods: fc.uniqueArray(method, { minLength: 1, maxLength: 8 }),
          allowCancel: flag,
        }),
        fc.record({ screen: fc.constant('success' as const), receipt: flag }),
        fc.record({ screen: fc.constantFrom('failed' as const, 'device-error' as const), message: words, code: words }),
        fc.record({ screen: fc.constant('limit-error' as const), limit: amount, remaining: amount }),
        fc.record({ screen: fc.constantFrom(...(['processing', 'print-ticket', 'collect-ticket', 'thank-you'] as const)) }),
      );
      return fc.tuple(screen, fc.constant(inUse));
    });
    const same = fc.property(any, transaction, atMs, ([screen, inUse], id, ms) => {
      const text = codec.encodeScreen(screen, id, ms, inUse);
      expect(codec.decodeServerMessage(text, inUse)).toEqual({ event: 'screen', screen, transaction: id });
      expect(codec.encodeEnvelope(codec.decodeEnvelope(text))).toBe(text);
    });
    fc.assert(same, { numRuns: 1_000 });
  });

  test('its errors', () => {
    const same = fc.property(words, words, transaction, atMs, (code, message, id, ms) => {
      const text = codec.encodeError({ code, message, screen: codec.SCREEN_IDENTIFIERS.processing }, id, ms);
      expect(codec.decodeServerMessage(text, 'GBP')).toEqual({ event: 'error', code, message, transaction: id });
    });
    fc.assert(same);
  });

  test('the box’s', () => {
    const any = currency.chain((inUse) => {
      const amount = minor.map((each) => ({ minor: each, currency: inUse }));
      const action = fc.oneof<fc.Arbitrary<KioskAction>[]>(
        fc.record({ action: fc.constantFrom('amount' as const, 'typed-amount' as const), amount }),
        fc.record({ action: fc.constantFrom('other-amount' as const, 'printed' as const) }),
        fc.record({ action: fc.constant('method' as const), method }),
        fc.record({ action: fc.constant('cancel' as const), screen: fc.constantFrom('keypad' as const, 'payment-method' as const) }),
        fc.record({ action: fc.constant('device-error' as const), code: words, message: words }),
      );
      return fc.tuple(action, fc.constant(inUse));
    });
    const same = fc.property(any, transaction, atMs, ([action, inUse], id, ms) => {
      const text = codec.encodeAction(action, id, ms);
      expect(codec.decodeClientMessage(text, inUse)).toMatchObject({ kind: 'action', action, transaction: id, atMs: ms });
    });
    fc.assert(same, { numRuns: 1_000 });
  });
});
