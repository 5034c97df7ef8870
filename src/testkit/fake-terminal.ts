import { EventEmitter } from 'node:events';

/** A terminal or a pipe that keeps what is written to it. */
export function fakeTerminal({ isTTY, columns = 80, rows = 24 }: { isTTY: boolean; columns?: number; rows?: number }) {
  const events = new EventEmitter();
  const writes: string[] = [];
  let spoilt = false;
  let plugged = true;
  /** Writes that nobody has read yet; null while they are read at once. */
  let unread: (() => void)[] | null = null;
  let size = { columns, rows };
  return {
    isTTY,
    writes,
    get columns() {
      return isTTY ? size.columns : undefined;
    },
    get rows() {
      return isTTY ? size.rows : undefined;
    },
    write(text: string, done: (error?: Error | null) => void): boolean {
      const take = () => {
        if (plugged) {
          writes.push(text);
          spoilt = false;
        }
        const error = plugged ? null : Object.assign(new Error('write EIO'), { code: 'EIO' });
        if (error) events.emit('error', error);
        done(error);
      };
      if (unread) unread.push(take);
      else setImmediate(take);
      return unread === null;
    },
    on: (event: string, listener: () => void) => events.on(event, listener),
    off: (event: string, listener: () => void) => events.off(event, listener),
    listeners: () => events.listenerCount('resize'),
    resize(to: { columns: number; rows: number }) {
      size = to;
      events.emit('resize');
    },
    /** Lines of the picture, without what sets colours and places; empty after a clear. */
    lines: (): string[] => plain(writes.at(-1) ?? '').split('\n'),
    seen(): string | null {
      const text = plain(writes.at(-1) ?? '');
      return spoilt ? 'spoilt' : text.trim() === '' ? null : text;
    },
    spoil() {
      spoilt = true;
    },
    unplug() {
      plugged = false;
    },
    plugIn() {
      plugged = true;
    },
    /** Takes nothing until it wakes up, as a pipe does that nobody reads. */
    sleep() {
      unread = [];
    },
    wake() {
      const late = unread ?? [];
      unread = null;
      for (const take of late) take();
    },
  };
}

/** The control sequences of `terminal-display` and of coloured QRs. */
const plain = (text: string): string =>
  text
    .split('\u{1b}[')
    .map((part, i) => (i === 0 ? part : part.replace(/^[\d;]*[A-Za-z]/, '')))
    .join('')
    .replaceAll('\r', '');
