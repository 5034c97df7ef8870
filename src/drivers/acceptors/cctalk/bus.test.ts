import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HEADER } from '../../../domain/cash/cctalk/headers.ts';
import type { Acceptor, AcceptorEvent } from '../../../ports/acceptor.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { BILL_ENTRY, COIN_ENTRY } from '../../../testkit/cctalk-bench.ts';
import { FakeCcTalkDevice } from '../../../testkit/cctalk-device.ts';
import { CcTalkLink, CcTalkWire } from '../../../testkit/cctalk-wire.ts';
import { FakeClock } from '../../../testkit/clock.ts';
import { eventLog } from '../../../testkit/event-log.ts';
import { needsPython, openPty, type Pty } from '../../../testkit/pty.ts';
import { serialLink } from '../../serial/serial-link.ts';
import { CCTALK_LINE, ccTalkBus } from './bus.ts';
import { ccTalkAcceptor } from './cctalk-acceptor.ts';

const python = needsPython();
const boot = 'boot1';
const onIdentity = () => undefined;

describe('a bus that acceptors share', () => {
  it('asks one question at a time, and lets everybody have a turn', async () => {
    const clock = new FakeClock();
    const coin = new FakeCcTalkDevice({ clock, method: 'coin' });
    const bill = new FakeCcTalkDevice({ clock, method: 'bill' });
    const link = new CcTalkLink(new CcTalkWire(coin, bill));
    const bus = ccTalkBus({ link, clock });
    const acceptors = [COIN_ENTRY, BILL_ENTRY].map((entry) => ccTalkAcceptor({ entry, bus, clock, boot, onIdentity }));
    const said: AcceptorEvent[] = [];
    const starting = acceptors.map((acceptor) => acceptor.start((event) => said.push(event)));
    await clock.flow(3_000, 5);
    await Promise.all(starting);
    const enabling = acceptors.map((acceptor) => acceptor.enable());
    await clock.flow(500, 5);
    await Promise.all(enabling);
    for (const device of [coin, bill]) device.asked.length = 0;
    await clock.flow(10_000, 5);
    expect(coin.asked.filter((header) => header === HEADER.readCoins).length).toBeGreaterThanOrEqual(50);
    expect(bill.asked.filter((header) => header === HEADER.readBills).length).toBeGreaterThanOrEqual(50);
    // One that is gone holds up the other for a moment only.
    bill.on = false;
    coin.insert(5);
    await clock.flow(1_000, 5);
    expect(said.filter(({ kind }) => kind === 'credited')).toMatchObject([{ train: 'boot1.coin.1', amountMinor: 500 }]);
    const [first, second] = acceptors.map((acceptor) => () => acceptor.stop());
    const stopped = first?.();
    await clock.flow(1_000, 5);
    await stopped;
    expect([coin.inhibited, link.inUse]).toEqual([true, true]);
    const last = second?.();
    await clock.flow(2_000, 5);
    await last;
    expect([link.inUse, link.opened, clock.pending()]).toEqual([false, 1, 0]);
    for (const device of [coin, bill]) device.finish();
  });

  it('is silent while the line is never quiet, and works when it is', async () => {
    const clock = new FakeClock();
    const device = new FakeCcTalkDevice({ clock, method: 'coin' });
    const wire = new CcTalkWire(device);
    const bus = ccTalkBus({ link: new CcTalkLink(wire), clock });
    const leave = bus.join();
    const ask = async () => {
      const answer = bus.ask({ address: 2, header: HEADER.simplePoll, checksum: 'simple' });
      for (let i = 0; i < 600; i++) {
        if (babbling) wire.toHost(Uint8Array.of(i & 0xff));
        await clock.flow(5, 5);
      }
      return answer;
    };
    let babbling = true;
    expect(await ask()).toEqual({ kind: 'silent' });
    babbling = false;
    expect(await ask()).toEqual({ kind: 'reply', data: [] });
    await leave();
  });

  it('leaves devices the time to wake up that opening the port may have switched on', async () => {
    const clock = new FakeClock();
    const device = new FakeCcTalkDevice({ clock, method: 'coin' });
    const bus = ccTalkBus({ link: new CcTalkLink(new CcTalkWire(device)), clock });
    const leave = bus.join();
    const answer = bus.ask({ address: 2, header: HEADER.simplePoll, checksum: 'simple' });
    await clock.flow(245, 5);
    expect(device.asked).toEqual([]);
    await clock.flow(15, 5);
    expect([device.asked, await answer]).toEqual([[HEADER.simplePoll], { kind: 'reply', data: [] }]);
    await leave();
  });

  describe('takes for a reply only what is one', () => {
    const bench = async () => {
      const clock = new FakeClock();
      const device = new FakeCcTalkDevice({ clock, method: 'coin' });
      const wire = new CcTalkWire(device);
      const bus = ccTalkBus({ link: new CcTalkLink(wire), clock });
      bus.join();
      const ask = async (header: number) => {
        const answer = bus.ask({ address: 2, header, checksum: 'simple', tries: 1 });
        await clock.flow(600, 5);
        return answer;
      };
      expect(await ask(HEADER.simplePoll)).toEqual({ kind: 'reply', data: [] });
      return { device, wire, ask };
    };
    const SAYS_9 = Uint8Array.of(1, 1, 2, 0, 9, 243);

    it('not what was late', async () => {
      const { device, ask } = await bench();
      device.will(HEADER.product, 'late');
      device.will(HEADER.simplePoll, 'silence');
      const both = [ask(HEADER.product), ask(HEADER.simplePoll)];
      expect(await Promise.all(both)).toEqual([{ kind: 'silent' }, { kind: 'silent' }]);
    });

    it('not what came before the echo', async () => {
      const { wire, ask } = await bench();
      const send = wire.fromHost.bind(wire);
      wire.fromHost = (bytes) => {
        wire.toHost(SAYS_9);
        send(bytes);
      };
      expect(await ask(HEADER.simplePoll)).toEqual({ kind: 'reply', data: [] });
    });

    it.each([
      ['another device', [1, 1, 3, 0, 9, 242]],
      ['a header of a request', [1, 1, 2, 229, 9, 14]],
    ])('not what is of %s', async (_, frame) => {
      const { wire, ask } = await bench();
      const send = wire.fromHost.bind(wire);
      wire.fromHost = (bytes) => {
        send(bytes);
        wire.toHost(Uint8Array.from(frame));
      };
      expect(await ask(HEADER.simplePoll)).toEqual({ kind: 'reply', data: [] });
    });
  });

  it('is closed to those who have left', async () => {
    const clock = new FakeClock();
    const bus = ccTalkBus({ link: new CcTalkLink(new CcTalkWire()), clock });
    await expect(bus.ask({ address: 2, header: HEADER.simplePoll, checksum: 'simple' })).rejects.toMatchObject({ code: 'serial-closed' });
  });
});

describe.skipIf(python.missing)(`acceptors at a serial port${python.why}`, () => {
  it('are enabled, credit, lose their plug and come back', async () => {
    const clock = systemClock();
    const coin = new FakeCcTalkDevice({ clock, method: 'coin', serial: [1, 2, 3] });
    const bill = new FakeCcTalkDevice({ clock, method: 'bill' });
    const wire = new CcTalkWire(coin, bill);
    const folder = mkdtempSync(join(tmpdir(), 'tilld-cctalk-'));
    const path = join(folder, 'port');
    const plug = async (): Promise<Pty> => {
      const pty = await openPty((bytes) => wire.fromHost(bytes));
      wire.toHost = (bytes) => pty.write(bytes);
      symlinkSync(pty.path, path);
      return pty;
    };
    const said = eventLog<AcceptorEvent>();
    let pty = await plug();
    const bus = ccTalkBus({ link: serialLink({ path, ...CCTALK_LINE }), clock });
    const acceptors: Acceptor[] = [COIN_ENTRY, BILL_ENTRY].map((entry) => ccTalkAcceptor({ entry, bus, clock, boot, onIdentity }));
    try {
      for (const acceptor of acceptors) {
        await acceptor.start(said.add);
        await acceptor.enable();
      }
      expect([coin.inhibited, bill.inhibited]).toEqual([false, false]);
      coin.insert(5);
      expect(await said.next('credited')).toMatchObject({ amountMinor: 500 });
      bill.insert(1);
      const { piece } = await said.next('escrowed');
      await acceptors[1]?.escrow?.stack(piece);
      expect(await said.next('credited')).toMatchObject({ amountMinor: 2_000, piece });
      rmSync(path);
      await pty.close();
      expect((await said.next('fault')).code).toMatch(/^serial-/);
      coin.take(1);
      pty = await plug();
      expect(await said.next('credited')).toMatchObject({ amountMinor: 100 });
    } finally {
      for (const acceptor of acceptors) await acceptor.stop();
      await pty.close();
      rmSync(folder, { recursive: true });
    }
    expect([coin.inhibited, said.of('credited').length]).toEqual([true, 3]);
    for (const device of [coin, bill]) device.finish();
  }, 20_000);
});
