import { afterEach, describe, expect, it } from 'vitest';
import { Fault } from '../domain/fault.ts';
import type { PcmSink } from '../ports/pcm-sink.ts';

export interface PcmSinkHarness {
  readonly sink: PcmSink;
  /** What came out of it so far, as soon as it is so many samples without silence, at its end; null where nobody can hear it. */
  heard(samples: number): Promise<Int16Array | null>;
  remove(): void;
}

/** Samples that are all different and none of them silence; 100 ms. */
const sound = (from: number): Int16Array => Int16Array.from({ length: 1_600 }, (_, i) => from + i);

/** The promises of ports/pcm-sink.ts. */
export function pcmSinkContract(name: string, make: () => PcmSinkHarness): void {
  describe(`${name} keeps the contract of PcmSink`, () => {
    let harness: PcmSinkHarness;
    const open = () => {
      harness = make();
      return harness.sink;
    };
    const expectHeard = async (...sounds: Int16Array[]) => {
      const expected = sounds.flatMap((sound) => [...sound]);
      const heard = await harness.heard(expected.length);
      if (heard !== null) expect([...heard.filter((sample) => sample !== 0)]).toEqual(expected);
    };
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => null,
        (error: unknown) => (error instanceof Fault ? error.code : error),
      );
    afterEach(async () => {
      await harness.sink.close();
      harness.remove();
    });

    it('plays what it is given once, in order, and nothing else', async () => {
      const sink = open();
      await sink.write(sound(1));
      await sink.write(sound(2_000));
      await sink.flush();
      await sink.write(sound(-9_000));
      await sink.flush();
      await expectHeard(sound(1), sound(2_000), sound(-9_000));
    });

    it('leaves samples to their owner once they are taken', async () => {
      const sink = open();
      const mine = sound(1);
      await sink.write(mine);
      mine.fill(-1);
      await sink.flush();
      await expectHeard(sound(1));
    });

    it('has nothing to wait for when nothing was written', async () => {
      const sink = open();
      await sink.flush();
      await sink.write(new Int16Array());
      await sink.flush();
    });

    it('is silent after a cancel, lets nobody wait, and plays what comes then', async () => {
      const sink = open();
      sink.cancel();
      await sink.write(sound(1));
      await sink.flush();
      sink.cancel();
      await sink.write(new Int16Array(32_000));
      const flushed = codeOf(sink.flush());
      sink.cancel();
      expect([null, 'speech-stopped']).toContain(await flushed);
      await sink.write(sound(5_000));
      await sink.flush();
      await expectHeard(sound(1), sound(5_000));
    });

    it('takes nothing after it was closed', async () => {
      const sink = open();
      await sink.write(sound(1));
      await sink.close();
      await sink.close();
      sink.cancel();
      expect(await codeOf(sink.write(sound(2_000)))).toBe('speaker-closed');
      expect(await codeOf(sink.flush())).toBe('speaker-closed');
    });

    it('ends a wait when it is closed', async () => {
      const sink = open();
      await sink.write(new Int16Array(32_000));
      const flushed = codeOf(sink.flush());
      await sink.close();
      expect([null, 'speech-stopped', 'speaker-closed']).toContain(await flushed);
    });
  });
}
