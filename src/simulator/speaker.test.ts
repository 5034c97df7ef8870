import { describe, expect, it } from 'vitest';
import { DeviceFault } from '../domain/fault.ts';
import type { Announcement } from '../domain/speech/announcement.ts';
import type { Language } from '../domain/speech/language.ts';
import { FakeClock } from '../testkit/clock.ts';
import { type RenderedSound, SimulatedSpeaker } from './speaker.ts';

const baht = (minor: number): Announcement => ({ phrase: 'received', amount: { minor, currency: 'THB' } });
const PAIRED: Announcement = { phrase: 'paired', amount: null };

describe('the simulated loudspeaker', () => {
  it('says one thing after the other, in plain words, and takes its time', async () => {
    const clock = new FakeClock(5_000);
    const speaker = new SimulatedSpeaker(clock);
    let said = 0;
    for (const announcement of [baht(2_000), baht(2_050), { phrase: 'received', amount: null } as const]) {
      void speaker.say(announcement).then(() => {
        said += 1;
      });
    }
    await clock.flow(900, 1);
    const first = { atMs: expect.any(Number), text: 'Received twenty baht', clip: 'dsp_transactionsucc', volume: 60, sound: null };
    expect([said, speaker.transcript()]).toEqual([0, [first]]);
    await clock.flow(5_000);
    expect(said).toBe(3);
    expect(speaker.transcript().map(({ text }) => text)).toEqual(['Received twenty baht', 'Received twenty baht fifty satang', 'Received']);
  });

  const thb = { minor: 12_344, currency: 'THB' } as const;
  it.each<[Announcement, string, string | null]>([
    [{ phrase: 'received', amount: { minor: 50_000, currency: 'IDR' } }, 'Received fifty thousand rupiah', 'dsp_transactionsucc'],
    [
      { phrase: 'received-many', amount: thb, count: 12 },
      'Received twelve payments, total one hundred and twenty-three baht forty-four satang',
      null,
    ],
    [{ phrase: 'present-card', amount: thb }, 'One hundred and twenty-three baht forty-four satang, please present your card', null],
    [{ phrase: 'card-declined', amount: thb }, 'The card was declined', 'dsp_transactionfail'],
    [{ phrase: 'volume-up', amount: null }, 'Volume up', 'dsp_volumeup'],
    [{ phrase: 'test', amount: null }, 'This is a speaker test', null],
  ])('%o: %s', async (announcement, text, clip) => {
    const clock = new FakeClock();
    const speaker = new SimulatedSpeaker(clock);
    void speaker.say(announcement);
    await clock.flow(10);
    expect(speaker.transcript()).toMatchObject([{ text, clip }]);
  });

  it('takes volume and language with what is said next', async () => {
    const clock = new FakeClock();
    const speaker = new SimulatedSpeaker(clock);
    void speaker.say(PAIRED);
    void speaker.say(PAIRED);
    await clock.flow(10);
    speaker.setVolume(100);
    speaker.setLanguage('zh');
    await clock.flow(5_000);
    speaker.setVolume(0);
    void speaker.beep();
    await clock.flow(10);
    expect(speaker.transcript()).toMatchObject([
      { text: 'The box is paired', volume: 60 },
      { text: '设备已配对', volume: 100 },
      { text: '(beep)', clip: null, volume: 0 },
    ]);
  });

  it('is heard as it is rendered, and as long as that lasts', async () => {
    const clock = new FakeClock();
    const asked: unknown[] = [];
    const sounds = [{ wav: new Uint8Array([1]), ms: 2_000 }, null, { wav: new Uint8Array([2]), ms: 100 }];
    const render = async (what: Announcement | 'beep', language: Language, volume: number): Promise<RenderedSound | null> => {
      asked.push([what, language, volume]);
      return sounds.shift() ?? null;
    };
    const speaker = new SimulatedSpeaker(clock, render);
    speaker.setLanguage('id');
    const over: string[] = [];
    void speaker.say(PAIRED).then(() => over.push('first'));
    void speaker.say(PAIRED).then(() => over.push('second'));
    void speaker.beep().then(() => over.push('beep'));
    await clock.flow(1_950);
    expect(over).toEqual([]);
    await clock.flow(100);
    expect(over).toEqual(['first']);
    await clock.flow(5_000);
    expect(over).toEqual(['first', 'second', 'beep']);
    expect(asked).toEqual([
      [PAIRED, 'id', 60],
      [PAIRED, 'id', 60],
      ['beep', 'id', 60],
    ]);
    expect(speaker.transcript().map(({ sound }) => sound)).toEqual([1, null, 2]);
    expect([speaker.sound(1), speaker.sound(2), speaker.sound(3)]).toEqual([new Uint8Array([1]), new Uint8Array([2]), null]);
  });

  it('says the next thing when one could not be said', async () => {
    const clock = new FakeClock();
    const fault = new DeviceFault('It is broken', { code: 'speaker-gone' });
    let broken = true;
    const speaker = new SimulatedSpeaker(clock, async () => {
      if (broken) throw fault;
      return null;
    });
    await expect(speaker.say(PAIRED)).rejects.toBe(fault);
    broken = false;
    void speaker.say(PAIRED);
    await clock.flow(10);
    expect(speaker.transcript()).toHaveLength(1);
  });
});
