import { describe, expect, test } from 'vitest';
import { changed } from '../../testkit/qris-messages.ts';
import * as codec from './codec.ts';

describe('settings', () => {
  const push = (settings: unknown) => codec.decodeConfigPush(changed('config-push', { settings }));

  test.each<[unknown, object]>([
    [{}, {}],
    [{ volume: 0 }, { volume: 0 }],
    [
      { volume: 100, heartbeat_interval_seconds: 10 },
      { volume: 100, heartbeatSeconds: 10 },
    ],
    [{ heartbeat_interval_seconds: 86_400 }, { heartbeatSeconds: 86_400 }],
    [{ language: 'th' }, { language: 'th' }],
    [{ language: 'TH-TH' }, { language: 'th' }],
    [{ language: 'zh-Hans-CN' }, { language: 'zh' }],
    [{ language: 'vi-VN' }, { language: 'vi' }],
    [{ language: 'en-GB-oxendict' }, { language: 'en' }],
  ])('%j are taken', (settings, taken) => expect(push(settings)).toEqual({ version: 3, settings: taken }));

  const VOLUME = 'volume is not an integer from 0 to 100';
  const BEATS = 'heartbeat_interval_seconds is not an integer from 10 to 86400';
  const LANGUAGE = 'language is not a language tag that begins with th, id, vi, en, zh';
  test.each<[unknown, string]>([
    [undefined, 'settings is not an object'],
    [null, 'settings is not an object'],
    [[], 'settings is not an object'],
    [{ volume: 101 }, VOLUME],
    [{ volume: -1 }, VOLUME],
    [{ volume: '80' }, VOLUME],
    [{ volume: null }, VOLUME],
    [{ volume: 50.5 }, VOLUME],
    [{ heartbeat_interval_seconds: 9 }, BEATS],
    [{ heartbeat_interval_seconds: 86_401 }, BEATS],
    [{ language: 'fr-FR' }, LANGUAGE],
    [{ language: 'idx' }, LANGUAGE],
    [{ language: 'id_ID' }, LANGUAGE],
    [{ language: '' }, LANGUAGE],
    [{ language: 7 }, LANGUAGE],
    [{ brightness: 3 }, 'brightness is not known'],
    [{ toString: 3 }, 'toString is not known'],
    [{ 'a\nb': 3 }, 'a b is not known'],
    [{ volume: 30, language: 'xx', colour: 1, heartbeat_interval_seconds: 0 }, `${LANGUAGE}; colour is not known; ${BEATS}`],
  ])('%j change nothing, and every reason is named', (settings, reason) => {
    expect(push(settings)).toEqual({ version: 3, refusal: { code: 'settings-invalid', reason } });
  });

  test('however many are wrong, the reason stays short', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`setting-${i}-${'x'.repeat(20)}`, i]));
    expect(push(many)).toMatchObject({ refusal: { reason: expect.stringMatching(/^.{200}$/) } });
  });
});
