import { afterEach, describe, expect, it } from 'vitest';
import { HEADER } from '../../../domain/cash/cctalk/headers.ts';
import { deviceAcceptorContract } from '../../../testkit/acceptor-contract.ts';
import { CcTalkBench, COIN_ENTRY, ccTalkHarness } from '../../../testkit/cctalk-bench.ts';
import type { FakeCcTalkOptions, Misdeed } from '../../../testkit/cctalk-device.ts';

deviceAcceptorContract('the ccTalk coin acceptor', async (inhibits) => ccTalkHarness('coin', inhibits));

describe('a ccTalk coin acceptor', () => {
  let bench: CcTalkBench;
  /** Started with a new device, enabled, with nothing said so far. */
  const ready = async (entry = COIN_ENTRY, options: Partial<FakeCcTalkOptions> = {}) => {
    bench = await new CcTalkBench(entry, options).ready();
  };
  afterEach(() => bench.finish());

  it('enables only what the board lists, and tells who it is', async () => {
    await ready(COIN_ENTRY, { serial: [0x2c, 0x1b, 0x0a] });
    expect(bench.device.mask).toEqual([0b10011, 0]);
    expect(bench.identities).toEqual([
      {
        manufacturer: 'Example Works',
        category: 'Coin Acceptor',
        product: 'EX-1',
        serial: '0a1b2c',
        pieces: { '1': 'TH001A', '2': 'TH002A', '5': 'TH010A' },
        scaling: { factor: 100, decimals: 2 },
      },
    ]);
  });

  it('credits coins in their order, with a mark each', async () => {
    await ready();
    for (const position of [1, 5, 2]) bench.device.insert(position);
    await bench.pass();
    expect(bench.events).toEqual([
      { kind: 'credited', train: 'boot1.coin.1', amountMinor: 100, mark: expect.stringMatching(/^1:01010000/) },
      { kind: 'credited', train: 'boot1.coin.2', amountMinor: 500, mark: expect.stringMatching(/^2:05010101/) },
      { kind: 'credited', train: 'boot1.coin.3', amountMinor: 200, mark: expect.stringMatching(/^3:020105010101/) },
    ]);
  });

  it('is read at least every 200 ms', async () => {
    await ready();
    bench.device.asked.length = 0;
    await bench.pass(10_000);
    expect(bench.device.asked.filter((header) => header === HEADER.readCoins).length).toBeGreaterThanOrEqual(50);
  });

  it('says what it rejects, and how far it was read', async () => {
    await ready();
    bench.device.event(0, 1);
    await bench.pass();
    expect(bench.events).toEqual([
      { kind: 'rejected', reason: 'a coin that was not recognised' },
      { kind: 'read', mark: expect.stringMatching(/^1:/) },
    ]);
  });

  it('parks a coin that the board does not list', async () => {
    await ready();
    bench.device.take(3);
    await bench.pass();
    expect(bench.said()).toEqual(['unassigned 1']);
  });

  it('has a fault while something is in its way, until it has been read a good while without', async () => {
    await ready();
    bench.device.event(0, 14);
    await bench.pass(8_000);
    bench.device.event(0, 14);
    await bench.pass(8_000);
    expect(bench.said()).toEqual(['fault coin-sensor-blocked']);
    await bench.pass(5_000);
    expect(bench.said()).toEqual(['cleared coin-sensor-blocked']);
  });

  it('says how many coins are lost at most when more went by than are listed', async () => {
    await ready();
    for (let i = 0; i < 7; i++) bench.device.insert(1);
    await bench.pass();
    expect(bench.said()).toEqual(['fault events-lost', 'unassigned 2', ...Array(5).fill('credited 100')]);
    await bench.pass(61_000);
    expect(bench.said()).toEqual(['cleared events-lost']);
  });

  it.each<[Misdeed, Misdeed[]]>([
    ['silence', []],
    ['bad-checksum', []],
    ['wrong-sender', []],
    ['noise-before', []],
    ['split', []],
    ['late', []],
    ['twice', []],
    ['busy', []],
    ['nak', []],
    ['silence', ['bad-checksum']],
    ['busy', ['busy', 'busy']],
    [{ data: [] }, []],
    [{ data: [1, 2, 3] }, []],
    [{ data: [9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] }, []],
  ])('credits once in spite of %j %j, without a word', async (first, more) => {
    await ready();
    bench.device.insert(5);
    bench.device.will(HEADER.readCoins, first, ...more);
    await bench.pass(1_500);
    bench.device.insert(1);
    await bench.pass();
    expect(bench.said()).toEqual(['credited 500', 'credited 100']);
  });

  it('credits the same without an echo, and with one that is damaged', async () => {
    bench = new CcTalkBench(COIN_ENTRY);
    bench.wire.echo = false;
    await bench.start();
    bench.device.take(1);
    await bench.pass();
    expect(bench.said()).toEqual(['credited 100']);
    await bench.stop();
    await ready();
    bench.wire.collisions.push(0, 2, 4);
    bench.device.insert(5);
    await bench.pass(2_000);
    expect(bench.said()).toEqual(['credited 500']);
  });

  it('speaks with a CRC, at any address', async () => {
    await ready({ ...COIN_ENTRY, checksum: 'crc', address: 11 });
    bench.device.insert(5);
    bench.device.will(HEADER.readCoins, 'bad-checksum', 'noise-before');
    await bench.pass(1_000);
    expect(bench.said()).toEqual(['credited 500']);
  });

  it.each<[number, 'nak' | 'silence']>(
    [HEADER.masterInhibit, HEADER.requestInhibits, HEADER.serialNumber, HEADER.manufacturer, HEADER.coinId, HEADER.scaling].flatMap(
      (header) => [
        [header, 'nak'],
        [header, 'silence'],
      ],
    ),
  )('works with one that does not know %i (%s)', async (header, how) => {
    bench = new CcTalkBench(COIN_ENTRY, { lacks: { [header]: how } });
    if (header === HEADER.masterInhibit) bench.device.master = true;
    await bench.start();
    await bench.passing(bench.acceptor.enable());
    await bench.pass(12_000);
    expect([bench.said(), bench.device.inhibited]).toEqual([[], false]);
    bench.device.insert(1);
    await bench.pass();
    expect(bench.said()).toEqual(['credited 100']);
  });

  it('tells it again what to take when it was switched off and on', async () => {
    await ready();
    bench.device.insert(5);
    await bench.pass();
    bench.device.restart();
    expect(bench.device.inhibited).toBe(true);
    await bench.pass();
    expect(bench.device.inhibited).toBe(false);
    bench.device.insert(1);
    await bench.pass();
    expect(bench.said()).toEqual(['credited 500', 'credited 100']);
  });

  it('finds out within seconds that a device without events has forgotten everything', async () => {
    await ready();
    bench.device.restart();
    await bench.pass(6_000);
    expect([bench.device.inhibited, bench.said()]).toEqual([false, []]);
  });

  it.each(
    [
      HEADER.simplePoll,
      HEADER.serialNumber,
      HEADER.readCoins,
      HEADER.modifyInhibits,
      HEADER.masterInhibit,
      HEADER.manufacturer,
      HEADER.coinId,
    ].map((header) => [header] as const),
  )('comes through a reset at %i', async (header) => {
    await ready();
    bench.device.insert(5);
    await bench.pass();
    bench.device.on = false;
    await bench.pass(1_500);
    bench.device.on = true;
    bench.device.will(header, ...(header === HEADER.manufacturer || header === HEADER.coinId ? [] : (['restart'] as const)));
    await bench.pass(12_000);
    expect(bench.device.inhibited).toBe(false);
    bench.device.insert(1);
    await bench.pass();
    expect(bench.said()).toEqual(['credited 500', 'fault acceptor-silent', 'cleared acceptor-silent', 'credited 100']);
  });

  it('counts what came after a reset before it was read again', async () => {
    await ready();
    for (const position of [1, 2]) bench.device.insert(position);
    await bench.pass();
    bench.device.restart();
    bench.device.take(5);
    await bench.pass();
    expect([bench.said(), bench.device.inhibited]).toEqual([['credited 100', 'credited 200', 'credited 500'], false]);
  });

  it('says nothing of one missed answer, and once that it is silent', async () => {
    await ready();
    bench.device.will(HEADER.readCoins, 'silence', 'silence', 'silence');
    await bench.pass(3_000);
    expect([bench.said(), bench.device.inhibited]).toEqual([[], false]);
    bench.device.on = false;
    await bench.pass(60_000);
    expect(bench.said()).toEqual(['fault acceptor-silent']);
    bench.device.on = true;
    await bench.pass(6_000);
    expect(bench.said()).toEqual(['cleared acceptor-silent']);
  });

  it('starts although nobody answers, and does its work as soon as somebody does', async () => {
    bench = new CcTalkBench(COIN_ENTRY);
    bench.device.on = false;
    await bench.start();
    await bench.passing(bench.acceptor.enable());
    expect(bench.said()).toEqual(['fault acceptor-silent']);
    bench.device.on = true;
    await bench.pass(6_000);
    expect([bench.said(), bench.device.inhibited]).toEqual([['cleared acceptor-silent'], false]);
  });

  it.each(['serial-missing', 'serial-refused'])('starts without its port (%s), and says what is wrong with it', async (code) => {
    bench = new CcTalkBench(COIN_ENTRY);
    bench.link.unplug(code);
    await bench.start();
    expect(bench.said()).toEqual([`fault ${code}`]);
    await bench.pass(20_000);
    expect(bench.link.opened).toBeLessThan(10);
    bench.link.plug();
    bench.device.on = false;
    await bench.pass(8_000);
    expect(bench.said()).toEqual(['fault acceptor-silent', `cleared ${code}`]);
    bench.device.on = true;
    await bench.pass(6_000);
    expect(bench.said()).toEqual(['cleared acceptor-silent']);
  });

  it('is found again when its plug was pulled and put back', async () => {
    await ready();
    bench.link.unplug();
    bench.device.take(5);
    await bench.pass(6_000);
    expect(bench.said()).toEqual(['fault serial-missing']);
    bench.link.plug();
    await bench.pass(6_000);
    expect(bench.said()).toEqual(['credited 500', 'cleared serial-missing']);
  });

  it('says when it answers, but never with what it should', async () => {
    bench = new CcTalkBench({ ...COIN_ENTRY, method: 'bill', address: 2 }, { method: 'coin' });
    await bench.start();
    await bench.pass(3_000);
    expect(bench.said()).toEqual(['fault acceptor-unreadable']);
  });

  it('says when another kind of acceptor is at its address', async () => {
    bench = new CcTalkBench(COIN_ENTRY, { category: 'Bill Validator' });
    await bench.start();
    expect(bench.said()).toEqual(['fault acceptor-other-kind']);
  });

  it('says when it cannot be told what to take', async () => {
    await ready();
    bench.device.will(HEADER.modifyInhibits, 'nak', 'nak');
    await bench.passing(bench.acceptor.disable());
    expect(bench.said()).toEqual(['fault inhibit-failed']);
    await bench.pass();
    expect([bench.said(), bench.device.inhibited]).toEqual([['cleared inhibit-failed'], true]);
  });

  it('does not take one missed answer for a master inhibit that is not there', async () => {
    await ready();
    await bench.passing(bench.acceptor.disable());
    bench.device.will(HEADER.masterInhibit, 'silence', 'silence', 'silence');
    await bench.passing(bench.acceptor.enable());
    await bench.pass(2_000);
    expect([bench.device.inhibited, bench.said()]).toEqual([false, []]);
  });

  it('stops in bounded time, whatever is under way', async () => {
    for (const at of [0, 100, 260, 300, 500, 1_000]) {
      bench = new CcTalkBench(COIN_ENTRY);
      bench.device.on = at !== 1_000;
      const started = bench.acceptor.start(bench.onEvent);
      await bench.pass(at);
      const before = bench.clock.monotonicMs();
      await bench.stop();
      await bench.passing(started);
      expect(bench.clock.monotonicMs() - before).toBeLessThan(3_000);
      expect([bench.device.inhibited, bench.link.inUse]).toEqual([true, false]);
    }
  });
});
