import fs from 'node:fs';
import path from 'node:path';

/** A file: what a reader sees, and what the disk would give back after a power cut. */
interface FileNode {
  readonly kind: 'file';
  data: Buffer;
  mode: number;
  /** Null: nothing of it was ever synced. */
  synced: { readonly data: Buffer; readonly mode: number } | null;
}

interface DirectoryNode {
  readonly kind: 'directory';
  /** Where it was made, for messages. */
  readonly path: string;
  readonly entries: Map<string, Node>;
  /** What the last fsync of this directory made durable. */
  synced: Map<string, Node>;
}

/** Its target is part of its name: durable with it. */
interface LinkNode {
  readonly kind: 'link';
  readonly target: string;
}

type Node = FileNode | DirectoryNode | LinkNode;

/**
 * What a power cut leaves of what was not synced. A file system may write names and data back in any order, so both
 * "nothing more than promised" and "this directory's names, without the data" do happen.
 */
export interface Loss {
  readonly name: string;
  /** Whether names that were created, moved or removed in this directory since its last fsync survive. */
  readonly namesSurvive: (directory: string) => boolean;
  /** Of bytes that were not synced: gone, present, or blocks of zeros in a file of full length. */
  readonly data: 'lost' | 'kept' | 'zeros';
}

/** What a power cut leaves behind of one name: a file, a link with its target, or a directory. */
type Remnant = { readonly data: Buffer; readonly mode: number } | { readonly target: string } | null;
/** All that is left, by path. Parents come before what is in them. */
export type Wreck = ReadonlyMap<string, Remnant>;

/**
 * A directory tree on a disk that keeps only what was synced: bytes and mode of a file by fsync or fdatasync of the
 * file, names by fsync of their directory. Paths are relative to the tree's root, '' is the root itself.
 */
export class ModelDisk {
  readonly #root: DirectoryNode;

  private constructor(root: DirectoryNode) {
    this.#root = root;
  }

  /** A disk that has had all the time it needed: everything in `directory` is durable. */
  static of(directory: string): ModelDisk {
    return new ModelDisk(read(directory, ''));
  }

  /** Opens a file, creating or emptying it as the flags say, or a directory; null when there is none. */
  open(at: string, flags: { readonly create: boolean; readonly truncate: boolean; readonly mode: number }): Node | null {
    const found = this.#find(at);
    if (found || !flags.create) {
      if (found?.kind === 'file' && flags.truncate) found.data = Buffer.alloc(0);
      return found;
    }
    const file: FileNode = { kind: 'file', data: Buffer.alloc(0), mode: flags.mode & ~0o022, synced: null };
    this.#parent(at).entries.set(path.basename(at), file);
    return file;
  }

  write(node: Node, offset: number, bytes: Buffer): void {
    if (node.kind !== 'file') throw new RangeError('only files are written to');
    const data = Buffer.alloc(Math.max(node.data.length, offset + bytes.length));
    node.data.copy(data);
    bytes.copy(data, offset);
    node.data = data;
  }

  truncate(node: Node, length: number): void {
    if (node.kind !== 'file') throw new RangeError('only files are truncated');
    const data = Buffer.alloc(length);
    node.data.copy(data);
    node.data = data;
  }

  chmod(node: Node, mode: number): void {
    if (node.kind === 'file') node.mode = mode;
  }

  sync(node: Node): void {
    if (node.kind === 'file') node.synced = { data: node.data, mode: node.mode };
    else if (node.kind === 'directory') node.synced = new Map(node.entries);
  }

  mkdir(at: string): void {
    this.#parent(at).entries.set(path.basename(at), { kind: 'directory', path: at, entries: new Map(), synced: new Map() });
  }

  symlink(at: string, target: string): void {
    this.#parent(at).entries.set(path.basename(at), { kind: 'link', target });
  }

  rename(from: string, to: string): void {
    const node = this.node(from);
    this.#parent(from).entries.delete(path.basename(from));
    this.#parent(to).entries.set(path.basename(to), node);
  }

  remove(at: string): void {
    this.#parent(at).entries.delete(path.basename(at));
  }

  /** @throws RangeError when there is nothing: the recording is not of this disk */
  node(at: string): Node {
    const node = this.#find(at);
    if (!node) throw new RangeError(`the recording names ${at}, which the model does not have`);
    return node;
  }

  /** Every directory there is or was at the last sync, by the path it was made at. */
  directories(): string[] {
    const found = new Set<string>();
    const visit = (node: Node) => {
      if (node.kind !== 'directory') return;
      found.add(node.path);
      for (const child of [...node.entries.values(), ...node.synced.values()]) visit(child);
    };
    visit(this.#root);
    return [...found];
  }

  /** The disk after a power cut now. */
  cut(loss: Loss): Wreck {
    const wreck = new Map<string, Remnant>();
    const visit = (directory: DirectoryNode, at: string) => {
      const names = loss.namesSurvive(directory.path) ? directory.entries : directory.synced;
      for (const [name, node] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const child = path.join(at, name);
        if (node.kind === 'file') wreck.set(child, left(node, loss.data));
        else if (node.kind === 'link') wreck.set(child, { target: node.target });
        else {
          wreck.set(child, null);
          visit(node, child);
        }
      }
    };
    visit(this.#root, '');
    return wreck;
  }

  #find(at: string): Node | null {
    let node: Node = this.#root;
    for (const name of at.split('/').filter((part) => part !== '')) {
      const next: Node | undefined = node.kind === 'directory' ? node.entries.get(name) : undefined;
      if (!next) return null;
      node = next;
    }
    return node;
  }

  #parent(at: string): DirectoryNode {
    const parent = this.node(path.dirname(at) === '.' ? '' : path.dirname(at));
    if (parent.kind !== 'directory') throw new RangeError(`the recording takes the file ${path.dirname(at)} for a directory`);
    return parent;
  }
}

function left(file: FileNode, data: Loss['data']): { data: Buffer; mode: number } {
  if (data === 'kept') return { data: file.data, mode: file.mode };
  const mode = file.synced?.mode ?? file.mode;
  const durable = file.synced?.data ?? Buffer.alloc(0);
  if (data === 'lost' || durable.equals(file.data)) return { data: durable, mode };
  const zeroed = Buffer.alloc(file.data.length);
  durable.copy(zeroed, 0, 0, Math.min(durable.length, zeroed.length));
  return { data: zeroed, mode };
}

function read(directory: string, at: string): DirectoryNode {
  const entries = new Map<string, Node>();
  for (const entry of fs.readdirSync(path.join(directory, at), { withFileTypes: true })) {
    const child = path.join(at, entry.name);
    if (entry.isDirectory()) {
      entries.set(entry.name, read(directory, child));
      continue;
    }
    const full = path.join(directory, child);
    if (entry.isSymbolicLink()) {
      entries.set(entry.name, { kind: 'link', target: fs.readlinkSync(full) });
      continue;
    }
    const synced = { data: fs.readFileSync(full), mode: fs.statSync(full).mode & 0o777 };
    entries.set(entry.name, { kind: 'file', ...synced, synced });
  }
  return { kind: 'directory', path: at, entries, synced: new Map(entries) };
}
