import { expect, it } from 'vitest';
import { clipOf, isClipName } from './clip-names.ts';

it.each([
  ['received', 'dsp_transactionsucc'],
  ['failed', 'dsp_transactionfail'],
  ['card-declined', 'dsp_transactionfail'],
  ['update-installing', 'dsp_upgrading'],
  ['update-done', 'dsp_updatesucc'],
  ['update-failed', 'dsp_updatefail'],
  ['volume-up', 'dsp_volumeup'],
  ['volume-down', 'dsp_volumedown'],
  ['volume-max', 'dsp_maxvolume'],
  ['volume-min', 'dsp_minvolume'],
] as const)('%s is the clip %s', (phrase, clip) => {
  expect(clipOf(phrase)).toBe(clip);
  expect(isClipName(clip)).toBe(true);
});

it('a payment without an answer is not said to have failed', () => {
  expect(clipOf('card-unanswered')).toBeNull();
});

it('the sum of many payments is not passed over', () => {
  expect(clipOf('received-many')).toBeNull();
});

it.each(['', 'null', 'dsp_', 'dsp_reboot', '../dsp_upgrading', 'dsp_upgrading.mp3', 'constructor', '__proto__'])(
  '%j is no clip',
  (text) => {
    expect(isClipName(text)).toBe(false);
  },
);
