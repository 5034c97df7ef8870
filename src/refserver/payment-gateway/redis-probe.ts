import { connect } from 'node:net';

/** Whether something at an address answers PING as Redis does (RESP); one that wants a password first is there too. Never throws. */
export function probeRedis(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let heard = '';
    const end = (there: boolean) => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve(there);
    };
    const giveUp = () => end(false);
    signal.addEventListener('abort', giveUp, { once: true });
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
      if (heard.includes('\r\n') || heard.length > 200) end(/^(\+PONG|-NOAUTH)/.test(heard));
    });
    socket.on('error', giveUp);
    socket.on('close', giveUp);
  });
}
