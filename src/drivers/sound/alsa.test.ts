import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../ports/clock.ts';
import { systemClock } from '../../runtime/clock.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { seededEntropy } from '../../testkit/entropy.ts';
import { memoryLog } from '../../testkit/log.ts';
import { pcmSinkContract } from '../../testkit/pcm-sink-contract.ts';
import { type AplayAct, type ScriptedAplay, scriptedAplay } from '../../testkit/scripted-aplay.ts';
import { AlsaSink } from './alsa.ts';

/** Real time: aplay is another process. */
const realClock = systemClock();

const open = (aplay: Pick<ScriptedAplay, 'env'>, clock: Clock = realClock) => {
  const log = memoryLog();
  const sink = new AlsaSink({ device: 'plughw:9', clock, entropy: seededEntropy(), log, env: aplay.env });
  return { sink, log, events: () => log.lines.map(({ event }) => event) };
};

/** What is heard besides silence, as soon as it is so much. The process beside is looked at until then. */
async function heardOf(aplay: ScriptedAplay, samples: number): Promise<Int16Array> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const heard = aplay.heard().filter((sample) => sample !== 0);
    if (heard.length >= samples || performance.now() > deadline) return heard;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

pcmSinkContract('ALSA by aplay', () => {
  const aplay = scriptedAplay();
  return { sink: open(aplay).sink, heard: (samples) => heardOf(aplay, samples), remove: () => aplay.remove() };
});

describe('ALSA by aplay', () => {
  let aplay: ScriptedAplay;
  let opened: ReturnType<typeof open>;
  const start = (clock: Clock, ...acts: AplayAct[]) => {
    aplay = scriptedAplay(...acts);
    opened = open(aplay, clock);
    return opened;
  };
  afterEach(async () => {
    await opened.sink.close();
    aplay.remove();
  });
  const sound = (ms: number, value = 7) => new Int16Array(ms * 16).fill(value);

  it('starts one aplay for all sounds, and takes the time they take', async () => {
    const { sink } = start(realClock);
    expect(aplay.starts()).toEqual([]);
    const began = performance.now();
    await sink.write(sound(900));
    await sink.flush();
    const tookMs = performance.now() - began;
    // To its end: nothing of it waits in aplay for the next sound.
    expect(await heardOf(aplay, 14_400)).toHaveLength(14_400);
    await sink.write(sound(100, 8));
    await sink.flush();
    const heard = await heardOf(aplay, 16_000);
    expect([heard.indexOf(8), heard.length]).toEqual([14_400, 16_000]);
    expect(tookMs).toBeGreaterThanOrEqual(900);
    expect(aplay.starts()).toEqual([['-q', '-t', 'raw', '-f', 'S16_LE', '-r', '16000', '-c', '1', '-D', 'plughw:9', '-']]);
  });

  it('is silent at once after a cancel, however much was written', async () => {
    const { sink, events } = start(realClock);
    await sink.write(sound(100, 1));
    await sink.flush();
    await heardOf(aplay, 1_600);
    const writing = sink.write(sound(20_000)).then(() => sink.flush());
    const failed = expect(writing).rejects.toMatchObject({ code: 'speech-stopped', blame: 'device' });
    await heardOf(aplay, 1_601);
    sink.cancel();
    await failed;
    await sink.write(sound(100, 9));
    await sink.flush();
    await heardOf(aplay, aplay.heard().filter((sample) => sample === 7).length + 3_200);
    const heard = aplay.heard();
    expect(heard.filter((sample) => sample === 7).length).toBeLessThan(16 * 5_000);
    expect(heard.filter((sample) => sample === 9)).toHaveLength(1_600);
    expect(events()).toEqual([]);
  });

  it.each([300, 1_000])('is heard to its end when it is closed, although aplay began %i ms late', async (beginsLateMs) => {
    const { sink, events } = start(realClock, { beginsLateMs });
    await sink.write(sound(900));
    await sink.flush();
    await sink.close();
    expect(aplay.heard().filter((sample) => sample === 7)).toHaveLength(14_400);
    expect(events()).toEqual([]);
  });

  it('is closed in time although aplay does not end', async () => {
    const clock = new FakeClock();
    const { sink } = start(clock, { beginsLateMs: 600_000 });
    const written = sink.write(sound(100)).then(() => sink.flush());
    await clock.flow(2_000, 50);
    await written;
    const closed = sink.close();
    clock.advance(2_000);
    await closed;
    expect(aplay.heard()).toHaveLength(0);
  });

  it('tells that a sound was lost with aplay, and starts another for the next', async () => {
    const { sink, log, events } = start(realClock, { diesAfter: 8_000 });
    const lost = sink.write(sound(2_000)).then(() => sink.flush());
    await expect(lost).rejects.toMatchObject({
      code: 'speaker-gone',
      blame: 'device',
      found: 'aplay: pcm_write:2178: write error: No such device',
      message: expect.stringContaining('plughw:9'),
    });
    expect(events()).toEqual(['speaker.failed']);
    expect(log.lines[0]?.fields.error).toMatchObject({ code: 'speaker-gone' });
    await sink.write(sound(100, 9));
    await sink.flush();
    await heardOf(aplay, 4_000 + 1_600);
    expect(aplay.heard().filter((sample) => sample === 9)).toHaveLength(1_600);
    expect(events()).toEqual(['speaker.failed', 'speaker.works-again']);
    expect(aplay.starts()).toHaveLength(2);
  });

  it('tries again at growing intervals while aplay keeps dying, and says so once', async () => {
    const clock = new FakeClock();
    const refusals = Array.from({ length: 4 }, () => ({ refuses: 'main:831: audio open error: Device or resource busy' }));
    const { sink, events } = start(clock, ...refusals);
    const codes: string[] = [];
    const write = () =>
      sink
        .write(sound(10))
        .then(() => sink.flush())
        .catch(({ code, found }) => codes.push(`${code} ${found}`));
    const busy = 'speaker-gone aplay: main:831: audio open error: Device or resource busy';
    await write();
    await write();
    expect([codes, aplay.starts().length]).toEqual([[busy, busy], 2]);
    await write();
    expect([codes.length, aplay.starts().length]).toEqual([3, 2]);
    clock.advance(1_000);
    await write();
    clock.advance(2_000);
    await write();
    expect([new Set(codes), aplay.starts().length]).toEqual([new Set([busy]), 4]);
    expect(events()).toEqual(['speaker.failed']);
  });

  it('gives up an aplay that takes nothing', async () => {
    const clock = new FakeClock();
    const { sink, events } = start(clock, { stalls: true });
    // More than any pipe holds.
    const writing = sink.write(sound(60_000));
    const failed = expect(writing).rejects.toMatchObject({ code: 'speaker-stalled', message: expect.stringContaining('plughw:9') });
    clock.advance(63_000);
    await failed;
    expect([events(), clock.pending()]).toEqual([['speaker.failed'], 0]);
  });

  it('says what to install where there is no aplay', async () => {
    const { sink, events } = start(realClock);
    const nowhere = open({ env: { PATH: '/nonexistent' } });
    await expect(nowhere.sink.write(sound(10))).rejects.toMatchObject({ code: 'aplay-missing', remedy: "Install Debian's alsa-utils." });
    expect(nowhere.events()).toEqual(['speaker.failed']);
    await nowhere.sink.close();
    expect([events(), aplay.starts()]).toEqual([[], []]);
    await sink.flush();
  });

  it('takes a device name that cannot be one for a device that does not play', async () => {
    const clock = new FakeClock();
    start(clock);
    const sink = new AlsaSink({ device: 'a\0b', clock, entropy: seededEntropy(), log: memoryLog(), env: aplay.env });
    await expect(sink.write(sound(10))).rejects.toMatchObject({ code: 'speaker-gone', blame: 'device' });
  });
});
