import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeviceFault } from '../../domain/fault.ts';
import type { Announcement } from '../../domain/speech/announcement.ts';
import type { Language } from '../../domain/speech/language.ts';
import { utterance } from '../../domain/speech/utterance.ts';
import type { PcmSink } from '../../ports/pcm-sink.ts';
import { settle } from '../../testkit/clock.ts';
import { largestStep } from '../../testkit/largest-step.ts';
import { memoryLog } from '../../testkit/log.ts';
import { writeSamplePack } from '../../testkit/voice-pack.ts';
import { speechStopped } from './faults.ts';
import { joinClips, LEAD_SAMPLES } from './join.ts';
import { peak, rms } from './level.ts';
import { NoSink } from './no-sink.ts';
import { BUILT_IN_PACKS, VoicePack } from './pack.ts';
import { beep, chime, toneFor } from './tone.ts';
import { Voice } from './voice.ts';
import { readWav } from './wav.ts';
import { WavSink } from './wav-sink.ts';

/** A sink whose sounds last until the test ends them. */
class HeldSink implements PcmSink {
  readonly sounds: Int16Array[] = [];
  cancels = 0;
  /** What the next sounds end with. */
  readonly endings: DeviceFault[] = [];
  #playing: PromiseWithResolvers<void> | null = null;
  #begun: () => void = () => {};

  async write(pcm: Int16Array): Promise<void> {
    expect(this.#playing).toBeNull();
    this.sounds.push(pcm.slice());
    const ending = this.endings.shift();
    if (ending) throw ending;
  }

  flush(): Promise<void> {
    this.#playing = Promise.withResolvers();
    this.#begun();
    return this.#playing.promise;
  }

  /** Waits until the next sound is being played: there have been so many then. */
  async playing(): Promise<number> {
    if (this.#playing === null) {
      await new Promise<void>((resolve) => {
        this.#begun = resolve;
      });
    }
    return this.sounds.length;
  }

  /** Waits until a sound is being played, and ends it. */
  async over(): Promise<void> {
    await this.playing();
    this.#playing?.resolve();
    this.#playing = null;
    await settle();
  }

  cancel(): void {
    this.cancels++;
    this.#playing?.reject(speechStopped());
    this.#playing = null;
  }

  async close(): Promise<void> {}
}

const rupiah = (minor: number): Announcement => ({ phrase: 'received', amount: { minor, currency: 'IDR' } });
const PLAIN: Announcement = { phrase: 'paired', amount: null };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-speech-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const voiceOn = <S extends PcmSink>(sink: S, { language = 'id' as Language, volume = 100, packs = [folder] } = {}) => {
  const log = memoryLog();
  return { sink, voice: new Voice({ sink, log, language, volume, packs }), log, events: () => log.lines.map(({ event }) => event) };
};

describe('what is said', () => {
  it('is the clips of the announcement behind 300 ms of silence', async () => {
    const sounds = writeSamplePack(join(folder, 'id'), 'id');
    const { voice, sink } = voiceOn(new HeldSink());
    const said = voice.say(rupiah(50_000));
    await sink.playing();
    const clips = ['chime', 'phrase-received', 'n-5', 'puluh', 'ribu', 'currency-idr'].map((id) => sounds.get(id) ?? new Int16Array());
    expect(sink.sounds).toEqual([joinClips(clips, 100)]);
    await sink.over();
    await said;
  });

  it('comes one after the other, in order, each resolved when it is over', async () => {
    const sounds = writeSamplePack(join(folder, 'id'), 'id');
    const { voice, sink } = voiceOn(new HeldSink());
    const said: string[] = [];
    for (const phrase of ['paired', 'failed', 'delivered'] as const) void voice.say({ phrase, amount: null }).then(() => said.push(phrase));
    void voice.beep().then(() => said.push('beep'));
    const expected = ['paired', 'failed', 'delivered'].map((phrase) => sounds.get(`phrase-${phrase}`) ?? new Int16Array());
    for (const [i, name] of ['paired', 'failed', 'delivered', 'beep'].entries()) {
      expect([await sink.playing(), said.length]).toEqual([i + 1, i]);
      expect(sink.sounds[i]).toEqual(joinClips([expected[i] ?? beep()], 100));
      await sink.over();
      expect(said.at(-1)).toBe(name);
    }
  });

  it('is as loud as the volume was when it began', async () => {
    writeSamplePack(join(folder, 'id'), 'id');
    const { voice, sink } = voiceOn(new HeldSink());
    const said = [voice.say(PLAIN), voice.say(PLAIN), voice.say(PLAIN)];
    await sink.playing();
    voice.setVolume(50);
    await sink.over();
    await sink.playing();
    voice.setVolume(0);
    await sink.over();
    await sink.over();
    await Promise.all(said);
    const [full = 0, half = 0, none] = sink.sounds.map(peak);
    expect([full, none]).toEqual([9_000, 0]);
    expect(half).toBe(full / 2);
  });

  it('is in the language of the box, also when that changes', async () => {
    const id = writeSamplePack(join(folder, 'id'), 'id');
    const { voice, sink, events } = voiceOn(new HeldSink());
    void voice.say(PLAIN);
    await sink.playing();
    voice.setLanguage('en');
    void voice.say(PLAIN);
    await sink.over();
    await sink.playing();
    const en = writeSamplePack(join(folder, 'en'), 'en');
    // Installed meanwhile: it is looked for anew.
    voice.setLanguage('en');
    const last = voice.say(PLAIN);
    await sink.over();
    await sink.over();
    await last;
    const words = (sounds: ReadonlyMap<string, Int16Array>) => joinClips([sounds.get('phrase-paired') ?? new Int16Array()], 100);
    expect(sink.sounds).toEqual([words(id), joinClips([chime(), toneFor('paired')], 100), words(en)]);
    expect(events()).toEqual(['voice.no-pack']);
  });
});

describe('what cannot be said in words', () => {
  it('is a chime and a tone where there is no pack, and that is logged once', async () => {
    const { voice, sink, log } = voiceOn(new HeldSink(), { language: 'th' });
    const amount = { minor: 2_000, currency: 'THB' } as const;
    const said = (['received', 'card-declined'] as const).map((phrase) => voice.say({ phrase, amount }));
    await sink.over();
    await sink.over();
    await Promise.all(said);
    expect(sink.sounds).toEqual([joinClips([chime(), toneFor('received')], 100), joinClips([chime(), toneFor('card-declined')], 100)]);
    expect(log.lines).toEqual([{ level: 'warn', event: 'voice.no-pack', fields: { language: 'th' } }]);
  });

  it('is never an amount in part: with one clip damaged, all of it is tones', async () => {
    writeSamplePack(join(folder, 'id'), 'id');
    writeFileSync(join(folder, 'id/ribu.wav'), 'damaged');
    const { voice, sink, log } = voiceOn(new HeldSink());
    const said = [50_000, 51_000, 50].map((minor) => voice.say(rupiah(minor)));
    for (const _ of said) await sink.over();
    await Promise.all(said);
    const tones = joinClips([chime(), toneFor('received')], 100);
    expect(sink.sounds.slice(0, 2)).toEqual([tones, tones]);
    expect(sink.sounds[2]).not.toEqual(tones);
    expect(log.lines).toMatchObject([{ event: 'voice.clip-unusable', fields: { language: 'id', error: { code: 'voice-pack-wav' } } }]);
  });

  it('is what a damaged pack leaves of a language', async () => {
    mkdirSync(join(folder, 'id'));
    writeFileSync(join(folder, 'id/manifest.json'), 'damaged');
    const { voice, events } = voiceOn(new NoSink());
    await voice.say(PLAIN);
    await voice.say(PLAIN);
    expect(events()).toEqual(['voice.pack-unusable', 'voice.no-pack']);
  });

  it('is told to who asked when it is no amount', async () => {
    writeSamplePack(join(folder, 'id'), 'id');
    const { voice } = voiceOn(new NoSink());
    await expect(voice.say(rupiah(-1))).rejects.toMatchObject({ code: 'amount-invalid', blame: 'caller' });
    await voice.say(PLAIN);
  });
});

describe('speech that is stopped', () => {
  const codes = (promises: readonly Promise<void>[]) =>
    Promise.all(
      promises.map((promise) =>
        promise.then(
          () => 'said',
          (error: unknown) => (error instanceof DeviceFault ? error.code : error),
        ),
      ),
    );

  it('ends at once with everything that waits, and what comes then is said', async () => {
    writeSamplePack(join(folder, 'id'), 'id');
    const { voice, sink } = voiceOn(new HeldSink());
    const said = codes([voice.say(PLAIN), voice.say(PLAIN), voice.say(PLAIN)]);
    await sink.playing();
    voice.stop();
    expect(await said).toEqual(['speech-stopped', 'speech-stopped', 'speech-stopped']);
    expect([sink.sounds.length, sink.cancels]).toEqual([1, 1]);
    const again = voice.say(PLAIN);
    await sink.over();
    await again;
    expect(sink.sounds).toHaveLength(2);
  });

  it('is not begun when it is stopped while its clips are read', async () => {
    writeSamplePack(join(folder, 'id'), 'id');
    const { voice, sink } = voiceOn(new HeldSink());
    const said = codes([voice.say(PLAIN)]);
    voice.stop();
    const next = voice.say(rupiah(5));
    expect(await said).toEqual(['speech-stopped']);
    expect(await sink.playing()).toBe(1);
    await sink.over();
    await next;
    expect(sink.sounds).toHaveLength(1);
  });

  it('is nothing when nothing is said', async () => {
    const { voice } = voiceOn(new NoSink());
    voice.stop();
    await voice.say(PLAIN);
  });
});

describe('a loudspeaker that fails', () => {
  const gone = () => new DeviceFault('gone', { code: 'speaker-gone' });

  it('is given what it lost once more', async () => {
    writeSamplePack(join(folder, 'id'), 'id');
    const { voice, sink } = voiceOn(new HeldSink());
    sink.endings.push(gone());
    const said = voice.say(PLAIN);
    await sink.over();
    await said;
    expect(sink.sounds).toHaveLength(2);
    expect(sink.sounds[1]).toEqual(sink.sounds[0]);
  });

  it.each([
    ['speaker-gone', [gone(), gone()], 2],
    ['aplay-missing', [new DeviceFault('missing', { code: 'aplay-missing' })], 1],
  ])('with %s is told, and the next announcement is tried', async (code, endings, tries) => {
    writeSamplePack(join(folder, 'id'), 'id');
    const { voice, sink } = voiceOn(new HeldSink());
    sink.endings.push(...endings);
    await expect(voice.say(PLAIN)).rejects.toMatchObject({ code });
    expect(sink.sounds).toHaveLength(tries);
    const next = voice.say(PLAIN);
    await sink.over();
    await next;
  });
});

describe('a thousand announcements', () => {
  it('wait in little memory, and the next is refused', async () => {
    writeSamplePack(join(folder, 'id'), 'id');
    const { voice, sink } = voiceOn(new HeldSink());
    const first = voice.say(PLAIN);
    await sink.playing();
    const before = process.memoryUsage();
    const said = Array.from({ length: 1_000 }, (_, i) => voice.say(rupiah(1_000_000 + i)));
    await settle();
    const after = process.memoryUsage();
    // As sound they would be 100 MB.
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1_000_000);
    await expect(voice.say(PLAIN)).rejects.toMatchObject({ code: 'speech-queue-full', blame: 'device' });
    voice.stop();
    const all = await Promise.allSettled([first, ...said]);
    expect(all.every((one) => one.status === 'rejected')).toBe(true);
    expect(sink.sounds).toHaveLength(1);
  });

  it('are all said, in order', async () => {
    const sounds = writeSamplePack(join(folder, 'id'), 'id');
    const lengths: number[] = [];
    class Measuring extends NoSink {
      override async write(pcm: Int16Array): Promise<void> {
        lengths.push(pcm.length);
      }
    }
    const { voice } = voiceOn(new Measuring());
    const amounts = Array.from({ length: 1_000 }, (_, i) => rupiah(i * 997));
    const order: number[] = [];
    await Promise.all(amounts.map((amount, i) => voice.say(amount).then(() => order.push(i))));
    expect(order).toEqual(amounts.map((_, i) => i));
    const expected = amounts.map((amount) =>
      utterance(amount, 'id').reduce((length, id) => length + (sounds.get(id)?.length ?? 0), LEAD_SAMPLES),
    );
    expect(lengths).toEqual(expected);
  });
});

describe('a WAV of a real amount', () => {
  it.each([
    ['id', { minor: 50_000, currency: 'IDR' }],
    ['id', { minor: 1_111_111, currency: 'IDR' }],
    ['en', { minor: 123_456, currency: 'GBP' }],
    ['vi', { minor: 1_005_000, currency: 'VND' }],
    ['zh', { minor: 1_234, currency: 'CNY' }],
  ] as const)('%s %o lasts as long as its clips and 300 ms, has no click, and is softer at half volume', async (language, amount) => {
    const announcement = { phrase: 'received', amount } as const;
    const pack = await VoicePack.open(join(BUILT_IN_PACKS, language), language);
    const clips = await Promise.all(utterance(announcement, language).map((id) => pack.clip(id)));
    const render = async (volume: number) => {
      const file = join(folder, `${volume}.wav`);
      const { voice, sink } = voiceOn(new WavSink(file), { language, volume, packs: [BUILT_IN_PACKS] });
      await voice.say(announcement);
      await sink.close();
      return readWav(readFileSync(file), file).samples;
    };
    const full = await render(100);
    expect(full).toHaveLength(clips.reduce((length, clip) => length + clip.length, 4_800));
    expect(largestStep(full)).toBeLessThanOrEqual(Math.max(...clips.map(largestStep)));
    // At the joins themselves there is hardly a step at all.
    let at = LEAD_SAMPLES;
    for (const clip of clips) {
      expect(largestStep(full.subarray(at - 8, at + 8))).toBeLessThan(300);
      at += clip.length;
    }
    expect(rms(full) / rms(await render(50))).toBeCloseTo(2, 1);
  });
});
