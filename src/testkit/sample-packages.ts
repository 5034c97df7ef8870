import fs from 'node:fs';
import { join } from 'node:path';
import type { PackageOffer } from '../domain/ota/update.ts';
import { type KeyPair, makeKeyPair } from '../ota/package/keys.ts';
import { type PackedPackage, packPackage } from '../ota/package/pack.ts';
import { packTree } from '../ota/package/tree.ts';
import { POSPARAM } from './ota-package.ts';

/** Whose packages the samples are. */
export const SAMPLE_CUSTOMER = 'ACME';

/** How a sample differs from a signed package of epoch 1 made by `SAMPLE_CUSTOMER`. */
interface SampleTerms {
  readonly customer?: string;
  readonly epoch?: number;
  /** Null: nobody signs it. */
  readonly privateKey?: string | null;
}

/** Makes packages below a directory, all signed with one pair of keys. One of the same name replaces the one before. */
export class SamplePackages {
  readonly keys: KeyPair;
  readonly #directory: string;

  constructor(directory: string, keys = makeKeyPair()) {
    this.#directory = directory;
    this.keys = keys;
  }

  /** A firmware package; `image` is a program or script the kernel can execute. */
  firmware(version: string, image: string | Uint8Array = `#!/bin/sh\necho ${version}\n`, terms: SampleTerms = {}): Promise<PackedPackage> {
    const core = join(this.#folder('cores'), `DS50_app_${version}.img`);
    fs.writeFileSync(core, image);
    return this.#pack(core, terms);
  }

  /** A resource package with parameters and these files: `{ 'mp3/beep.mp3': 'x' }`. */
  async resource(
    version: string,
    files: Readonly<Record<string, string | Uint8Array>> = {},
    terms: SampleTerms = {},
  ): Promise<PackedPackage> {
    const tree = join(this.#directory, 'tree');
    fs.rmSync(tree, { recursive: true, force: true });
    for (const folder of ['cust', 'mp3', 'ui', 'key']) fs.mkdirSync(join(tree, folder), { recursive: true });
    for (const [path, content] of Object.entries({ 'cust/posparam.ini': POSPARAM, ...files })) fs.writeFileSync(join(tree, path), content);
    const { file } = await packTree(tree, version, this.#folder('cores'));
    return this.#pack(file, terms);
  }

  #pack(core: string, { customer = SAMPLE_CUSTOMER, epoch = 1, privateKey = this.keys.privateKey }: SampleTerms): Promise<PackedPackage> {
    return packPackage({ core, outDir: this.#folder('packages'), customer, epoch, privateKey });
  }

  #folder(name: string): string {
    const folder = join(this.#directory, name);
    fs.mkdirSync(folder, { recursive: true });
    return folder;
  }
}

/** A TMS's offer of a package. */
export const offerOf = ({ name, size, sha256 }: PackedPackage, more: Partial<PackageOffer> = {}): PackageOffer => ({
  deployment: 'dep-1',
  name,
  size,
  sha256,
  path: `/tms/v1/packages/${sha256}`,
  permitDowngrade: false,
  deadlineMs: null,
  ...more,
});
