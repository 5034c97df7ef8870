import { beforeEach, describe, expect, it } from 'vitest';
import { DeviceFault } from '../../../domain/fault.ts';
import { FakeClock, settle } from '../../../testkit/clock.ts';
import type { SerialConnection, SerialLink, SerialListener } from '../../serial/serial-link.ts';
import { StandingLink } from './standing-link.ts';

const GONE = new DeviceFault('The port went away', { code: 'serial-lost' });
const SILENT = new DeviceFault('The device is silent', { code: 'acceptor-silent' });

/** A port whose every act waits for the test. */
class SlowPort implements SerialLink {
  readonly path = '/dev/ttyUSB0';
  readonly did: string[] = [];
  readonly listeners: SerialListener[] = [];
  readonly opening: PromiseWithResolvers<void>[] = [];
  writing = Promise.resolve();
  closing = Promise.resolve();

  async open(listener: SerialListener): Promise<SerialConnection> {
    this.did.push('opening');
    this.listeners.push(listener);
    const opening = Promise.withResolvers<void>();
    this.opening.push(opening);
    await opening.promise;
    this.did.push('opened');
    return {
      write: async () => {
        await this.writing;
        this.did.push('written');
      },
      close: async () => {
        await this.closing;
        this.did.push('closed');
      },
    };
  }
}

describe('a link that is opened again', () => {
  let clock: FakeClock;
  let port: SlowPort;
  let said: string[];
  let link: StandingLink;

  beforeEach(async () => {
    clock = new FakeClock();
    port = new SlowPort();
    said = [];
    link = new StandingLink(port, clock, {
      opened: () => said.push('opened'),
      bytes: (bytes) => said.push(`bytes ${[...bytes]}`),
      down: ({ code }) => said.push(code),
    });
    link.start();
  });
  const opened = async () => {
    port.opening.at(-1)?.resolve();
    await settle();
  };

  it('closes what was still being opened when it is stopped', async () => {
    const stopped = link.stop();
    await opened();
    await stopped;
    expect([said, port.did, link.open]).toEqual([[], ['opening', 'opened', 'closed'], false]);
  });

  it('says nothing of an opening that fails when it was stopped', async () => {
    const stopped = link.stop();
    port.opening[0]?.reject(GONE);
    await stopped;
    expect([said, clock.pending()]).toEqual([[], 0]);
  });

  it('waits longer each time, and not when it was answered', async () => {
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      if (i === 6) link.answered();
      port.opening.at(-1)?.reject(GONE);
      await settle();
      const from = clock.monotonicMs();
      while (port.opening.length === i + 1) await clock.flow(1_000, 1_000);
      waits.push(clock.monotonicMs() - from);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 1_000]);
    const stopped = link.stop();
    await opened();
    await stopped;
  });

  it('is gone when the port went away while it was being opened', async () => {
    port.listeners[0]?.gone(GONE);
    await opened();
    expect([said, link.open]).toEqual([['serial-lost'], false]);
    await link.stop();
  });

  it('opens the port anew only when it is closed, and hears nothing more of before', async () => {
    await opened();
    const closing = Promise.withResolvers<void>();
    port.closing = closing.promise;
    link.renew(SILENT);
    port.listeners[0]?.bytes(Uint8Array.of(1));
    port.listeners[0]?.gone(GONE);
    await clock.flow(2_000);
    expect([said, port.did]).toEqual([
      ['opened', 'acceptor-silent'],
      ['opening', 'opened'],
    ]);
    closing.resolve();
    await settle();
    await opened();
    port.listeners[1]?.bytes(Uint8Array.of(2));
    expect(port.did).toEqual(['opening', 'opened', 'closed', 'opening', 'opened']);
    expect(said).toEqual(['opened', 'acceptor-silent', 'opened', 'bytes 2']);
    await link.stop();
  });

  it('has sent what was written when it is stopped', async () => {
    await opened();
    const writing = Promise.withResolvers<void>();
    port.writing = writing.promise;
    const written = link.write(0x5e);
    const stopped = link.stop();
    await settle();
    writing.resolve();
    await Promise.all([written, stopped]);
    expect(port.did).toEqual(['opening', 'opened', 'written', 'closed']);
  });

  it('takes nothing while it is not open', async () => {
    await expect(link.write(0x5e)).rejects.toMatchObject({ code: 'serial-lost' });
    link.renew(SILENT);
    expect(said).toEqual([]);
    const stopped = link.stop();
    await opened();
    await stopped;
  });
});
