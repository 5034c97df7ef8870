import fs from 'node:fs';
import path from 'node:path';
import { posparamTemplate } from '../../domain/posparam/template.ts';
import { makeKeyPair } from '../../ota/package/keys.ts';
import { packPackage } from '../../ota/package/pack.ts';
import { packTree } from '../../ota/package/tree.ts';
import { createUpdates } from '../../ota/updates.ts';
import type { Act } from './acts.ts';
import { install, type Sample } from './install.ts';
import type { InstallTask } from './install-child.ts';
import { CUSTOMER, policyOf } from './policy.ts';

/** A package with what must be on the disk once it is installed: paths in its release's directory, and their bytes. */
export interface Packed extends Sample {
  readonly version: string;
  readonly file: string;
  readonly contents: ReadonlyMap<string, Buffer>;
}

export type CaseName =
  | 'new firmware'
  | 'new resources'
  | 'the first firmware of a box'
  | 'firmware by hand'
  | 'firmware that proves itself'
  | 'resources that do not';

/** A box and a package that comes to it. */
export interface Case {
  readonly name: CaseName;
  readonly act: Act;
  readonly type: 'AP' | 'CUST';
  readonly publicKey: string;
  /** What runs before; null: what tilld itself brings. */
  readonly old: Packed | null;
  readonly next: Packed;
  /** Makes the box, as it is before the package comes. */
  prepare(stateDir: string): Promise<void>;
  /** What a process of its own is told to do to it. */
  task(stateDir: string): Omit<InstallTask, 'waits'>;
}

/** Packs all that is needed into a work directory and gives the cases: every act, on firmware or resources, and a box without any release. */
export async function makeCases(work: string): Promise<Case[]> {
  const { privateKey, publicKey } = makeKeyPair();
  const firmware = async (version: string) => {
    // It says what it is, and keeps running when told to.
    const image = `#!/bin/sh\necho ${version}\n[ "$1" != stay ] || exec sleep 60\n`;
    const core = path.join(work, `DS50_app_${version}.img`);
    fs.writeFileSync(core, image);
    return pack(core, new Map([[path.basename(core), Buffer.from(image)]]));
  };
  const resources = async (version: string, number: number) => {
    const tree = path.join(work, version);
    const files = new Map([
      ['cust/posparam.ini', Buffer.from(parameters(number))],
      ['mp3/dsp_netnormal.mp3', Buffer.from(`sound ${version}`)],
      ['ui/logo.png', Buffer.from(`picture ${version}`)],
    ]);
    for (const folder of ['cust', 'mp3', 'ui', 'key']) fs.mkdirSync(path.join(tree, folder), { recursive: true });
    for (const [at, bytes] of files) fs.writeFileSync(path.join(tree, at), bytes);
    return pack((await packTree(tree, version, work)).file, files);
  };
  const pack = async (core: string, contents: ReadonlyMap<string, Buffer>): Promise<Packed> => {
    const { file, name, size, sha256, manifest } = await packPackage({ core, outDir: work, customer: CUSTOMER, privateKey });
    const offer = { deployment: 'dep-1', name, size, sha256, path: `/tms/v1/packages/${sha256}`, permitDowngrade: false, deadlineMs: null };
    return { version: manifest.version, file, offer, bytes: fs.readFileSync(file), etag: '"etag"', contents };
  };
  const box = (name: CaseName, act: Act, type: Case['type'], before: readonly Packed[], next: Packed): Case => ({
    name,
    act,
    type,
    publicKey,
    old: before.at(-1) ?? null,
    next,
    task: (directory) => ({ act, type, directory, offer: next.offer, etag: next.etag, file: next.file, publicKey }),
    async prepare(stateDir) {
      fs.mkdirSync(stateDir, { recursive: true });
      const onTrial = act === 'trial' || act === 'roll back';
      for (const packed of [...before, ...(onTrial ? [next] : [])]) {
        const updates = createUpdates({ directory: stateDir, policy: policyOf(publicKey), wallMs: () => 0 });
        await install(updates, packed, () => undefined);
        if (packed !== next) await updates.confirm(type);
      }
    },
  });
  const [ap1, ap2, ap3] = [await firmware('V1.0.0'), await firmware('V1.1.0'), await firmware('V1.2.0')];
  const [cust1, cust2, cust3] = [await resources('V1.0.0', 1), await resources('V1.1.0', 2), await resources('V1.2.0', 3)];
  // Two releases before the new one: the older of them has to go.
  return [
    box('new firmware', 'install', 'AP', [ap1, ap2], ap3),
    box('new resources', 'install', 'CUST', [cust1, cust2], cust3),
    // From a server that names no etag, so that nothing but the bytes is written for each part.
    box('the first firmware of a box', 'install', 'AP', [], { ...(await firmware('V1.3.0')), etag: null }),
    box('firmware by hand', 'install by hand', 'AP', [ap1, ap2], ap3),
    box('firmware that proves itself', 'trial', 'AP', [ap1, ap2], ap3),
    box('resources that do not', 'roll back', 'CUST', [cust1, cust2], cust3),
  ];
}

/** Valid parameters, different by number. */
const parameters = (number: number): string =>
  posparamTemplate()
    .replace('"mqtt_username": ""', `"mqtt_username": "box-${number}"`)
    .replace('"mqtt_password": ""', '"mqtt_password": "not-a-real-one"');
