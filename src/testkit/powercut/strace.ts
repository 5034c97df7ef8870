import { needs, needsAll, needsWorking } from '../needs.ts';

export const STRACE = '/usr/bin/strace';

/** What the harness needs of the machine. */
export const needsTracing = () =>
  needsAll(needs(STRACE, 'strace'), needsWorking('strace may not trace here', [STRACE, '-f', '-o', '/dev/null', 'true']));

/** One system call that has returned. Failed calls changed nothing and are left out of a recording. */
export interface Call {
  readonly name: string;
  readonly args: readonly Argument[];
  readonly result: number;
}

/** An argument as strace prints it, and the bytes of the strings in it, one after another. */
interface Argument {
  readonly text: string;
  readonly bytes: Buffer | null;
}

/** As strace takes it: a question mark passes over calls this machine or this strace does not know. */
const known = (names: string): string => names.replaceAll(/\w+/g, '?$&');

/** Every call that changes a file system or makes a change durable; a kill before each of them is a power cut at every point. */
export const CHANGES = known(
  [
    'openat,open,creat',
    'write,pwrite64,writev,pwritev,pwritev2',
    'fsync,fdatasync,syncfs,sync,sync_file_range',
    'rename,renameat,renameat2',
    'link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat',
    'ftruncate,truncate,fallocate,copy_file_range,sendfile',
    'chmod,fchmod,fchmodat,fchmodat2',
  ].join(','),
);

/** What a recording holds: the changes, and what tells which file a descriptor is. */
export const RECORDED = `${CHANGES},${known('close,dup,dup2,dup3,lseek')}`;

/**
 * The calls of a `strace -f -xx -s <large>` log in the order in which they ended: between its begin and its end a call
 * has promised nothing. @throws RangeError for a string that strace cut short
 */
export function parseStrace(log: string): Call[] {
  const calls: Call[] = [];
  const unfinished = new Map<string, string>();
  for (const line of log.split('\n')) {
    const [, thread = '', rest = ''] = /^(?:\[pid +)?(\d+)\]? +(.*)$/.exec(line) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(thread, rest.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const whole = resumed ? `${unfinished.get(thread) ?? ''}${resumed[1]}` : rest;
    const [, name = '', args = '', result = '-1'] = /^(\w+)\((.*)\) += (-?\d+)/.exec(whole) ?? [];
    if (Number(result) >= 0) calls.push({ name, args: splitArguments(args), result: Number(result) });
  }
  return calls;
}

/** With -xx a string has no quote, comma or bracket inside, so that brackets alone need counting. */
function splitArguments(text: string): Argument[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const piece of text.split(/(?<=[,[\]{}])|(?=[,[\]{}])/)) {
    if (/[[{]/.test(piece)) depth++;
    if (/[\]}]/.test(piece)) depth--;
    if (piece.trim() === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += piece;
  }
  if (part !== '') parts.push(part);
  return parts.map((argument) => ({ text: argument.trim(), bytes: bytesOf(argument) }));
}

function bytesOf(argument: string): Buffer | null {
  if (argument.includes('"...')) throw new RangeError('strace cut a string short: record with a larger -s');
  const strings = argument.match(/"[^"]*"/g);
  return strings && Buffer.from(strings.join('').replaceAll(/["\\x]/g, ''), 'hex');
}
