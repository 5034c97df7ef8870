import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { needsPython, openPty } from '../../testkit/pty.ts';
import { type SerialConnection, type SerialListener, serialLink } from './serial-link.ts';

const NEVER = new AbortController().signal;
const python = needsPython();

/** What a link calls back, with a way to wait for so many bytes. */
function heard(): SerialListener & { bytesOf(count: number): Promise<number[]>; readonly lost: Promise<unknown> } {
  const all: number[] = [];
  let changed = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<unknown>();
  return {
    bytes(bytes) {
      all.push(...bytes);
      changed.resolve();
      changed = Promise.withResolvers();
    },
    gone: lost.resolve,
    lost: lost.promise,
    async bytesOf(count) {
      while (all.length < count) await changed.promise;
      return all.splice(0, count);
    },
  };
}

async function atPty(
  use: (
    connection: SerialConnection,
    host: ReturnType<typeof heard>,
    device: ReturnType<typeof heard>,
    pty: Awaited<ReturnType<typeof openPty>>,
  ) => Promise<void>,
): Promise<void> {
  const device = heard();
  const host = heard();
  const pty = await openPty((bytes) => device.bytes(bytes));
  const connection = await serialLink({ path: pty.path, baud: 9_600, parity: 'none' }).open(host, NEVER);
  try {
    await use(connection, host, device, pty);
  } finally {
    await connection.close();
    await pty.close();
  }
}

describe.skipIf(python.missing)(`a serial link${python.why}`, () => {
  const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, i) => i);

  it('carries every byte both ways as it is', () =>
    atPty(async (connection, host, device, pty) => {
      await connection.write(EVERY_BYTE);
      expect(await device.bytesOf(256)).toEqual([...EVERY_BYTE]);
      pty.write(EVERY_BYTE);
      expect(await host.bytesOf(256)).toEqual([...EVERY_BYTE]);
    }));

  it('says once that the port went away, and takes nothing more', () =>
    atPty(async (connection, host, _, pty) => {
      await pty.close();
      expect(await host.lost).toMatchObject({ code: 'serial-lost', blame: 'device', message: expect.stringContaining(pty.path) });
      await expect(connection.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'serial-lost' });
    }));

  it('sends what was written before it is closed, and can be opened again', () =>
    atPty(async (connection, host, device, pty) => {
      await connection.write(EVERY_BYTE);
      await connection.close();
      expect(await device.bytesOf(256)).toEqual([...EVERY_BYTE]);
      await expect(connection.write(EVERY_BYTE)).rejects.toMatchObject({ code: 'serial-lost' });
      const again = await serialLink({ path: pty.path, baud: 19_200, parity: 'none' }).open(host, NEVER);
      pty.write(EVERY_BYTE);
      expect(await host.bytesOf(256)).toEqual([...EVERY_BYTE]);
      await again.close();
    }));
});

it('says what is wrong with a port that cannot be opened', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-serial-'));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const open = (path: string) => serialLink({ path, baud: 9_600, parity: 'even' }).open(heard(), NEVER);
  await expect(open(join(folder, 'none'))).rejects.toMatchObject({ code: 'serial-missing', found: 'ENOENT' });
  await expect(open(folder)).rejects.toMatchObject({ code: 'serial-not-opened', found: 'EISDIR' });
  await expect(open(file)).rejects.toMatchObject({ code: 'serial-not-set' });
  rmSync(folder, { recursive: true });
});
