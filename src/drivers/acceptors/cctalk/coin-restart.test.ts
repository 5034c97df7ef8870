import { afterEach, describe, expect, it } from 'vitest';
import { CcTalkBench, COIN_ENTRY } from '../../../testkit/cctalk-bench.ts';
import type { FakeCcTalkOptions } from '../../../testkit/cctalk-device.ts';

describe('a ccTalk coin acceptor whose box is killed and started again', () => {
  let bench: CcTalkBench;
  /** Started with a new device, enabled, with nothing said so far. */
  const ready = async (entry = COIN_ENTRY, options: Partial<FakeCcTalkOptions> = {}) => {
    bench = await new CcTalkBench(entry, options).ready();
  };
  afterEach(() => bench.finish());

  it('begins with what is there when it was never read before', async () => {
    bench = new CcTalkBench(COIN_ENTRY);
    for (const position of [1, 5]) bench.device.take(position);
    await bench.start();
    expect(bench.events).toEqual([{ kind: 'read', mark: expect.stringMatching(/^2:05010101/) }]);
  });

  it('credits what came meanwhile, once', async () => {
    await ready();
    bench.device.insert(5);
    await bench.pass();
    await bench.crash();
    bench.device.take(1);
    bench.device.take(2);
    await bench.start();
    expect(bench.said()).toEqual(['credited 500', 'credited 100', 'credited 200']);
    await bench.crash();
    await bench.start();
    await bench.pass();
    expect(bench.said()).toEqual([]);
  });

  it('goes on exactly after the last one that was committed', async () => {
    await ready();
    const committed: string[] = [];
    // Each run dies after the first event that the journal took.
    for (const position of [1, 2, 5, 1]) bench.device.take(position);
    for (let i = 0; i < 4; i++) {
      await bench.pass(i === 0 ? 400 : 0);
      const [first] = bench.events.filter(({ kind }) => kind === 'credited');
      bench.events = first ? [first] : [];
      bench.mark = first && 'mark' in first ? first.mark : bench.mark;
      committed.push(...bench.said());
      await bench.crash();
      await bench.start();
    }
    expect(committed).toEqual(['credited 100', 'credited 200', 'credited 500', 'credited 100']);
    expect(bench.said()).toEqual([]);
  });

  it('knows that the device was switched off too', async () => {
    await ready();
    for (const position of [1, 2, 5]) bench.device.insert(position);
    await bench.pass();
    await bench.crash();
    bench.said();
    bench.device.restart();
    bench.device.take(1);
    bench.device.take(2);
    bench.device.take(1);
    await bench.start();
    expect(bench.said()).toEqual(['credited 100', 'credited 200', 'credited 100']);
  });

  it('takes nothing of a device that was put in instead', async () => {
    await ready(COIN_ENTRY, { serial: [1, 2, 3] });
    bench.device.insert(1);
    await bench.pass();
    const { mark } = bench;
    await bench.stop();
    bench = new CcTalkBench(COIN_ENTRY, { serial: [1, 2, 4] });
    bench.mark = mark;
    for (const position of [1, 5, 5]) bench.device.take(position);
    await bench.start();
    expect(bench.said()).toEqual([]);
    bench.device.take(2);
    await bench.pass();
    expect(bench.said()).toEqual(['credited 200']);
  });

  it('takes a mark that is none for none', async () => {
    bench = new CcTalkBench(COIN_ENTRY);
    bench.mark = 'nonsense';
    bench.device.take(1);
    await bench.start();
    expect(bench.events).toEqual([{ kind: 'read', mark: expect.stringMatching(/^1:/) }]);
  });
});
