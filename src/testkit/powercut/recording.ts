import path from 'node:path';
import type { ModelDisk } from './disk.ts';
import type { Call } from './strace.ts';

type Node = ReturnType<ModelDisk['node']>;

/** A descriptor of a file or directory on the disk that is modelled. */
interface Open {
  readonly node: Node;
  readonly path: string;
  readonly append: boolean;
  offset: number;
}

/**
 * Carries the recorded calls of one process out on a `ModelDisk`, one by one. Calls on files outside of `root` are
 * passed over, apart from what the process says on its standard output.
 */
export class Recording {
  readonly disk: ModelDisk;
  /** Whole lines on standard output so far: what the process has promised. */
  readonly said: string[] = [];
  readonly #root: string;
  readonly #open = new Map<number, Open>();
  #line = '';

  readonly #handlers: Readonly<Record<string, (call: Call) => void>> = {
    open: (call) => this.#opened(this.#path(call, -1, 0), text(call, 1), octal(call, 2), call.result),
    openat: (call) => this.#opened(this.#path(call, 0, 1), text(call, 2), octal(call, 3), call.result),
    creat: (call) => this.#opened(this.#path(call, -1, 0), 'O_WRONLY|O_CREAT|O_TRUNC', octal(call, 1), call.result),
    close: (call) => void this.#open.delete(number(call, 0)),
    lseek: (call) => this.#onOpen(call, (open) => Object.assign(open, { offset: call.result })),
    write: (call) => this.#written(call, null),
    writev: (call) => this.#written(call, null),
    pwrite64: (call) => this.#written(call, number(call, 3)),
    pwritev: (call) => this.#written(call, number(call, 3)),
    fsync: (call) => this.#onOpen(call, ({ node }) => this.disk.sync(node)),
    fdatasync: (call) => this.#onOpen(call, ({ node }) => this.disk.sync(node)),
    ftruncate: (call) => this.#onOpen(call, ({ node }) => this.disk.truncate(node, number(call, 1))),
    fchmod: (call) => this.#onOpen(call, ({ node }) => this.disk.chmod(node, octal(call, 1))),
    chmod: (call) => this.#onPath(this.#path(call, -1, 0), (at) => this.disk.chmod(this.disk.node(at), octal(call, 1))),
    mkdir: (call) => this.#onPath(this.#path(call, -1, 0), (at) => this.disk.mkdir(at)),
    mkdirat: (call) => this.#onPath(this.#path(call, 0, 1), (at) => this.disk.mkdir(at)),
    rename: (call) => this.#renamed(this.#path(call, -1, 0), this.#path(call, -1, 1)),
    renameat: (call) => this.#renamed(this.#path(call, 0, 1), this.#path(call, 2, 3)),
    renameat2: (call) => this.#renamed(this.#path(call, 0, 1), this.#path(call, 2, 3)),
    unlink: (call) => this.#onPath(this.#path(call, -1, 0), (at) => this.disk.remove(at)),
    rmdir: (call) => this.#onPath(this.#path(call, -1, 0), (at) => this.disk.remove(at)),
    unlinkat: (call) => this.#onPath(this.#path(call, 0, 1), (at) => this.disk.remove(at)),
    symlink: (call) => this.#onPath(this.#path(call, -1, 1), (at) => this.disk.symlink(at, call.args[0]?.bytes?.toString() ?? '')),
  };

  /** @param root the directory of the recording; @param disk what was on it at the first call */
  constructor(root: string, disk: ModelDisk) {
    this.#root = root;
    this.disk = disk;
  }

  /** Whether the call makes something on this disk durable. */
  isSync(call: Call): boolean {
    return /^f(data)?sync$/.test(call.name) && this.#open.has(number(call, 0));
  }

  /** The file or directory a call's first argument, a descriptor, stands for; '' for the root. */
  subject(call: Call): string {
    return this.#open.get(number(call, 0))?.path ?? '?';
  }

  /** @throws RangeError for a call the model does not know how to carry out */
  apply(call: Call): void {
    const handle = this.#handlers[call.name];
    if (handle) handle(call);
    else this.#refuseIfOurs(call);
  }

  /** Path of an argument below the root, or null for one elsewhere. */
  #path(call: Call, directoryAt: number, at: number): string | null {
    const given = call.args[at]?.bytes?.toString() ?? '';
    const base = directoryAt < 0 ? undefined : this.#open.get(number(call, directoryAt));
    const relative = path.isAbsolute(given) || !base ? path.relative(this.#root, path.resolve(given)) : path.join(base.path, given);
    return relative === '..' || relative.startsWith('../') ? null : relative;
  }

  #opened(at: string | null, flags: string, mode: number, fd: number): void {
    this.#open.delete(fd);
    if (at === null) return;
    const has = (flag: string) => flags.split('|').includes(flag);
    const node = this.disk.open(at, { create: has('O_CREAT'), truncate: has('O_TRUNC'), mode });
    if (!node) throw new RangeError(`the recording opened ${at}, which the model does not have`);
    this.#open.set(fd, { node, path: at, append: has('O_APPEND'), offset: 0 });
  }

  #written(call: Call, offset: number | null): void {
    const bytes = call.args[1]?.bytes?.subarray(0, call.result) ?? Buffer.alloc(0);
    if (number(call, 0) === 1) this.#heard(bytes);
    this.#onOpen(call, (open) => {
      const end = open.node.kind === 'file' ? open.node.data.length : 0;
      const at = open.append ? end : (offset ?? open.offset);
      this.disk.write(open.node, at, bytes);
      if (offset === null) open.offset = at + bytes.length;
    });
  }

  #heard(bytes: Buffer): void {
    const lines = (this.#line + bytes.toString()).split('\n');
    this.#line = lines.pop() ?? '';
    this.said.push(...lines);
  }

  #renamed(from: string | null, to: string | null): void {
    if (from === null && to === null) return;
    if (from === null || to === null) throw new RangeError('something was moved to or from another disk');
    this.disk.rename(from, to);
  }

  #onOpen(call: Call, act: (open: Open) => void): void {
    const open = this.#open.get(number(call, 0));
    if (open) act(open);
  }

  #onPath(at: string | null, act: (at: string) => void): void {
    if (at !== null) act(at);
  }

  #refuseIfOurs(call: Call): void {
    const touched = call.args.some(({ text: argument, bytes }) =>
      bytes ? path.resolve(bytes.toString()).startsWith(`${this.#root}/`) : /^\d+$/.test(argument) && this.#open.has(Number(argument)),
    );
    if (touched || call.name === 'sync') throw new RangeError(`the model does not know ${call.name}`);
  }
}

const text = (call: Call, at: number): string => call.args[at]?.text ?? '';
const number = (call: Call, at: number): number => Number(text(call, at));
const octal = (call: Call, at: number): number => Number.parseInt(text(call, at) || '0', 8);
