import { describe, expect, it } from 'vitest';
import { parseStrace } from './strace.ts';

const hex = (text: string) => [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
const quoted = (text: string) => `"${hex(text)}"`;

describe('a log of strace', () => {
  it('gives the calls that succeeded, with the bytes of their strings', () => {
    const log = [
      `77 openat(AT_FDCWD, ${quoted('/a,b')}, O_WRONLY|O_CREAT|O_CLOEXEC, 0666) = 21`,
      `77 mkdir(${quoted('/x')}, 0777) = -1 EEXIST (File exists)`,
      `77 writev(21, [{iov_base=${quoted('ab')}, iov_len=2}, {iov_base=${quoted('(c)')}, iov_len=3}], 2) = 5`,
      `77 close(21)                         = 0`,
      '77 +++ exited with 0 +++',
    ].join('\n');
    const calls = parseStrace(log).map(({ name, args, result }) => [
      name,
      result,
      ...args.map(({ text, bytes }) => bytes?.toString() ?? text),
    ]);
    expect(calls).toEqual([
      ['openat', 21, 'AT_FDCWD', '/a,b', 'O_WRONLY|O_CREAT|O_CLOEXEC', '0666'],
      ['writev', 5, '21', 'ab(c)', '2'],
      ['close', 0, '21'],
    ]);
  });

  it('puts a call that another thread interrupted where it ended', () => {
    const log = `1 fsync(4 <unfinished ...>\n2 close(9)  = 0\n1 <... fsync resumed>)  = 0\n`;
    expect(parseStrace(log).map(({ name, args }) => `${name} ${args[0]?.text}`)).toEqual(['close 9', 'fsync 4']);
  });

  it('refuses a string that is not whole', () => {
    expect(() => parseStrace(`1 write(3, ${quoted('ab')}..., 9000) = 9000`)).toThrow(/larger -s/);
  });
});
