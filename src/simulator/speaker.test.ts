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
    expect([said, speaker.transcript()]).toEqual([0, [{ atMs: expect.any(Number), text: 'Received 20 baht' }]]);
    await clock.flow(3_000);
    expect(said).toBe(3);
    expect(speaker.transcript().map(({ text }) => text)).toEqual(['Received 20 baht', 'Received 20.50 baht', 'Received']);
  });

  it.each([
    ['received', { minor: 50_000, currency: 'IDR' }, 'Received 50000 rupiah'],
    ['delivered', null, 'Thank you, here you are'],
    ['failed', null, 'Sorry, that did not work'],
    ['paired', null, 'The box is paired'],
  ] as const)('%s %o: %s', async (phrase, amount, text) => {
    const clock = new FakeClock();
    const speaker = new SimulatedSpeaker(clock);
    void speaker.say({ phrase, amount });
    await clock.flow(10_000, 1_000);
    expect(speaker.transcript()).toMatchObject([{ text }]);
  });
});
