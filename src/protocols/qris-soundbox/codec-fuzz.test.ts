import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PeerFault } from '../../domain/fault.ts';
import { raw, refusal } from '../../testkit/ds50-messages.ts';
import { changed, compact, DECODERS, documented, FIXTURES } from '../../testkit/qris-messages.ts';
import * as codec from './codec.ts';

describe('whatever comes', () => {
  test('a decoder gives a value or a PeerFault', () => {
    const mutated = fc
      .tuple(fc.constantFrom(...FIXTURES), fc.nat(400), fc.string({ maxLength: 6 }), fc.nat(12))
      .map(([name, at, insert, cut]) => new TextEncoder().encode(compact(name).slice(0, at) + insert + compact(name).slice(at + cut)));
    const replaced = fc
      .tuple(fc.constantFrom(...FIXTURES), fc.nat(9), fc.jsonValue())
      .map(([name, nth, value]) =>
        raw(Object.fromEntries(Object.entries(documented(name)).map(([key, was], i) => [key, i === nth ? value : was]))),
      );
    const input = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.jsonValue().map(raw), mutated, replaced);
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(DECODERS)), input, (decode, bytes) => void refusal(() => decode(bytes))),
      { numRuns: 5_000 },
    );
  });

  test('no secret is quoted', () => {
    const secrets = ['4111111111111111', 'sk_00000000000000000000000000000000', 4_111_111_111_111_111];
    let refused = 0;
    for (const name of FIXTURES) {
      for (const field of Object.keys(documented(name))) {
        for (const secret of secrets) {
          for (const value of [secret, [secret], `${secret}\n`, { [secret]: secret }]) {
            try {
              DECODERS[name](changed(name, { [field]: value }));
            } catch (error) {
              if (!(error instanceof PeerFault)) throw error;
              refused++;
              expect(error.explain() + JSON.stringify(error)).not.toContain(String(secret));
            }
          }
        }
      }
    }
    expect(refused).toBeGreaterThan(300);
    const pushed = codec.decodeConfigPush(changed('config-push', { settings: { '4111111111111111': 1, language: secrets[1] } }));
    expect(JSON.stringify(pushed)).not.toMatch(/4111111111111111|sk_0/);
  });
});

const id = fc.stringMatching(/^[\x21-\x7e]{1,64}$/);
const deviceId = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const atMs = fc.integer({ min: 0, max: 253_402_300_799 }).map((seconds) => seconds * 1_000);
const amount = fc.integer({ min: 1, max: 1_000_000_000_000 }).map((minor) => ({ minor, currency: 'IDR' as const }));
const words = fc.stringMatching(/^[ a-zA-Zก-๛é]{0,200}$/).map((text) => text.trim());
const percent = fc.option(fc.integer({ min: 0, max: 100 }));

describe('every message survives the wire', () => {
  const there = <T>(name: string, values: fc.Arbitrary<T>, encode: (value: T) => Uint8Array, decode: (raw: Uint8Array) => unknown) =>
    test(name, () => {
      const same = fc.property(values, (value) => {
        expect(decode(encode(value))).toEqual(value);
      });
      fc.assert(same);
    });

  const state = fc.constantFrom(...(['idle', 'awaiting_payment', 'delivering', 'updating', 'error'] as const));
  const firmwareVersion = fc.stringMatching(/^[0-9a-z.-]{1,64}$/);
  const beat = fc.record({ deviceId, atMs, firmwareVersion, state, networkStrength: percent, batteryLevel: percent });
  there('heartbeat', beat, codec.encodeHeartbeat, codec.decodeHeartbeat);
  there('request', fc.record({ request: id, deviceId, terminalId: deviceId, amount, atMs }), codec.encodeQrRequest, codec.decodeQrRequest);
  const response = fc.oneof(
    fc.record({ correlation: id, status: fc.constant('success' as const), charge: id, qr: id, expiresAtMs: atMs }),
    fc.record({ correlation: id, status: fc.constant('refused' as const), code: words, reason: words }),
  );
  there('response', response, codec.encodeQrResponse, codec.decodeQrResponse);
  const payment = fc.record({ event: id, charge: id, amount, text: words, paidAtMs: atMs });
  there(
    'payment',
    payment,
    (notice) => codec.encodePaymentSuccess({ ...notice, merchantName: 'Toko Berkah', audioText: '' }),
    codec.decodePaymentSuccess,
  );
  const parameters = fc.dictionary(
    fc.stringMatching(/^[a-z]{1,9}$/),
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
    {
      noNullPrototype: true,
    },
  );
  there('command', fc.record({ id, name: id, parameters }), codec.encodeCommand, codec.decodeCommand);
  const answer = { deviceId, reason: words, code: fc.stringMatching(/^[a-z-]{0,40}$/), atMs };
  const version = fc.integer({ min: 1, max: codec.MAX_VERSION });
  const applied = fc.constantFrom(...(['applied', 'ignored', 'rejected'] as const));
  there('config ack', fc.record({ ...answer, version, status: applied }), codec.encodeConfigAck, codec.decodeConfigAck);
  const status = fc.constantFrom(...(['accepted', 'done', 'refused', 'failed'] as const));
  const commandAck = fc.record({ ...answer, command: id, name: id, status, result: parameters });
  there('command ack', commandAck, codec.encodeCommandAck, codec.decodeCommandAck);
});
