import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flat, nested, notices, POSPARAM_KEYS, problems, readJson, readText } from '../../testkit/posparam.ts';
import type { PosparamReading } from './posparam.ts';
import { readPosparam } from './read.ts';
import { posparamText } from './template.ts';

describe('whatever a file holds', () => {
  const ANY_KEY = fc.constantFrom(...POSPARAM_KEYS, 'mqtt', 'payment', 'constructor', 'mqtt_prot');
  const odd = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('', '0', '1', 0, 1, -0, '443', 'a:443', '/', '20261231'));
  const bent = fc.tuple(fc.dictionary(ANY_KEY, odd, { maxKeys: 4 }), fc.dictionary(ANY_KEY, odd, { maxKeys: 4 }), fc.boolean());

  const sound = (reading: PosparamReading) => {
    expect(reading.ok ? reading.posparam.mqtt.topicPrefixes.length : reading.problems.length).toBeGreaterThan(0);
    for (const { path, found, expected } of [...problems(reading), ...notices(reading)]) {
      expect(`${path}${found}`).not.toMatch(/\p{C}/u);
      expect(found.length).toBeLessThan(200);
      expect(expected).not.toBe('');
    }
  };

  it('any bytes and any JSON give an answer', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => sound(readPosparam(bytes))));
    fc.assert(fc.property(fc.json(), (text) => sound(readText(text))));
  });

  it('a file with anything in any place gives an answer, and what is read can be written and read again', () => {
    fc.assert(
      fc.property(bent, ([a, b, asFlat]) => {
        const reading = asFlat ? flat({ ...a, ...b }) : nested(a, b);
        sound(reading);
        if (reading.ok) expect(readText(posparamText(reading.posparam, 'flat'))).toMatchObject({ ok: true, posparam: reading.posparam });
      }),
    );
  });

  it('no secret is ever told, nor a secret in the wrong place behind a misspelt key', () => {
    const secret = fc.stringMatching(/^[!-~]{20,60}$/).filter((text) => /\d.*[A-Z]|[A-Z].*\d/.test(text));
    const place = fc.constantFrom('mqtt_password', 'pgw_api_key', 'mqtt_pasword', 'pgw_apikey', 'pgw_api_key_expiry', 'pgw_auth_type', 'x');
    const wrong = fc.constantFrom('', '\n', '\u{7f}', 'é');
    fc.assert(
      fc.property(bent, secret, place, wrong, ([a, b, asFlat], text, key, end) => {
        const planted = { mqtt_password: undefined, [key]: text + end, pgw_api_key: text + end };
        const reading = asFlat ? flat({ ...a, ...b, ...planted }) : nested({ ...a, ...planted }, { ...b, ...planted });
        const told = JSON.stringify([...problems(reading), ...notices(reading)]);
        expect(told).not.toContain(JSON.stringify(text).slice(1, -1));
      }),
    );
  });

  it('thousands of unknown keys are compared quickly', () => {
    const keys = Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`mqtt_por${i}`, 1]));
    const began = performance.now();
    expect(readJson({ mqtt: keys, payment: {} }).ok).toBe(false);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
