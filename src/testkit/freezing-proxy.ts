import net from 'node:net';

/** A way to a port on this machine that can stop to forward while both its ends stay open, as a dead radio cell does. Close it at the end. */
export interface FreezingProxy {
  readonly port: number;
  freeze(): void;
  close(): Promise<void>;
}

export async function freezingProxy(target: number): Promise<FreezingProxy> {
  const open = new Set<net.Socket>();
  let frozen = false;
  const server = net.createServer((near) => {
    const far = net.connect(target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => {});
      from.on('data', (chunk) => void (frozen || to.write(chunk)));
      from.on('close', () => void (frozen || to.destroy()));
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    freeze: () => {
      frozen = true;
    },
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
