import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testkit/clock.ts';
import { SimulatedSpeaker } from './speaker.ts';

describe('the simulated loudspeaker', () => {
  it('says one thing after the other, in plain words, and takes its time', async () => {
    const clock = new FakeClock(5_000);
    const speaker = new SimulatedSpeaker(clock);
    let said = 0;
    for (const amount of [{ minor: 2_000, currency: 'THB' }, { minor: 2_050, currency: 'THB' }, null] as const) {
      void speaker.say({ phrase: 'received', amount }).then(() => {
        said += 1;
      });
    }
    await clock.flow(900, 1);
    const first = { atMs: expect.any(Number), text: 'Received 20 baht', clip: 'dsp_transactionsucc', volume: 3 };
    expect([said, speaker.transcript()]).toEqual([0, [first]]);
    await clock.flow(3_000);
    expect(said).toBe(3);
    expect(speaker.transcript().map(({ text }) => text)).toEqual(['Received 20 baht', 'Received 20.50 baht', 'Received']);
  });

  const thb = { minor: 12_344, currency: 'THB' } as const;
  it.each([
    ['received', { minor: 50_000, currency: 'IDR' }, 'Received 50000 rupiah', 'dsp_transactionsucc'],
    ['delivered', null, 'Thank you, here you are', null],
    ['failed', null, 'Sorry, that did not work', 'dsp_transactionfail'],
    ['paired', null, 'The box is paired', null],
    ['amount', { minor: 12_344, currency: 'CNY' }, 'Amount paid 123.44 yuan', null],
    ['present-card', thb, '123.44 baht, please present your card', null],
    ['present-card', null, 'Please present your card', null],
    ['card-declined', thb, 'The card was declined', 'dsp_transactionfail'],
    ['card-unanswered', thb, 'The payment is not confirmed, please do not pay again', null],
    ['update-installing', null, 'Installing an update, please do not switch off', 'dsp_upgrading'],
    ['update-done', null, 'The update is done', 'dsp_updatesucc'],
    ['update-failed', null, 'The update failed', 'dsp_updatefail'],
    ['volume-up', null, 'Volume up', 'dsp_volumeup'],
    ['volume-down', null, 'Volume down', 'dsp_volumedown'],
    ['volume-max', null, 'Maximum volume', 'dsp_maxvolume'],
    ['volume-min', null, 'Minimum volume', 'dsp_minvolume'],
  ] as const)('%s %o: %s', async (phrase, amount, text, clip) => {
    const clock = new FakeClock();
    const speaker = new SimulatedSpeaker(clock);
    void speaker.say({ phrase, amount });
    await clock.flow(10_000, 1_000);
    expect(speaker.transcript()).toMatchObject([{ text, clip }]);
  });

  it('takes a new volume with what is said next', async () => {
    const clock = new FakeClock();
    const speaker = new SimulatedSpeaker(clock);
    void speaker.say({ phrase: 'paired', amount: null });
    void speaker.say({ phrase: 'paired', amount: null });
    await clock.flow(10);
    speaker.setVolume(5);
    await clock.flow(5_000);
    speaker.setVolume(1);
    void speaker.say({ phrase: 'volume-min', amount: null });
    await clock.flow(10);
    expect(speaker.transcript().map(({ volume }) => volume)).toEqual([3, 5, 1]);
  });
});
