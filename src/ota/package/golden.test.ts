import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeManifest, encodeVendorManifest } from '../../domain/ota/manifest.ts';
import { needs, needsAll, needsOpenssl, needsWorking } from '../../testkit/needs.ts';
import { type Files, MAKER, POSPARAM, sha256 } from '../../testkit/ota-package.ts';
import { signManifest } from './keys.ts';
import { packPackage } from './pack.ts';
import { packTree } from './tree.ts';
import { unpackPackage } from './unpack.ts';
import { verifyPackage } from './verify.ts';

const python = needsWorking("there is no python3; install Debian's python3", ['python3', '--version']);
const tools = needsAll(needs('/usr/bin/zip', 'zip'), needs('/usr/bin/unzip', 'unzip'), python, needsOpenssl());

const OPENSSL = '/usr/bin/openssl';

const PYTHON_ZIP = `
import sys, zipfile
method = {'stored': zipfile.ZIP_STORED, 'deflated': zipfile.ZIP_DEFLATED}[sys.argv[1]]
with zipfile.ZipFile(sys.argv[2], 'w', method) as out:
    for path in sys.argv[3:]:
        out.write(path)
`;

/** Packs paths (relative to `cwd`) into `file` as another tool does. */
const PACKERS: Readonly<Record<string, (cwd: string, file: string, paths: readonly string[]) => void>> = {
  "Debian's zip, stored": (cwd, file, paths) => execFileSync('zip', ['-q', '-r', '-0', file, ...paths], { cwd }),
  "Debian's zip, deflated": (cwd, file, paths) => execFileSync('zip', ['-q', '-r', '-9', file, ...paths], { cwd }),
  "Debian's zip, without extra fields": (cwd, file, paths) => execFileSync('zip', ['-q', '-r', '-X', '-D', file, ...paths], { cwd }),
  "python's zipfile, stored": (cwd, file, paths) =>
    execFileSync('python3', ['-c', PYTHON_ZIP, 'stored', file, ...withFiles(cwd, paths)], { cwd }),
  "python's zipfile, deflated": (cwd, file, paths) =>
    execFileSync('python3', ['-c', PYTHON_ZIP, 'deflated', file, ...withFiles(cwd, paths)], { cwd }),
};

/** python's zipfile does not walk: folders and what is in them. */
const withFiles = (cwd: string, paths: readonly string[]): string[] =>
  paths.flatMap((path) => [
    path,
    ...(statSync(join(cwd, path)).isDirectory()
      ? readdirSync(join(cwd, path), { recursive: true }).map((name) => join(path, String(name)))
      : []),
  ]);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tilld-golden-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Parameters, a sound, a picture that deflates well, a certificate, and a folder that is empty but for what keeps it in git. */
function resources(): Files {
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650'];
  const certificate = execFileSync(OPENSSL, [...request, '-subj', '/CN=Test CA', '-keyout', '/dev/null', '-out', '-'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return {
    'cust/posparam.ini': POSPARAM,
    'key/ca.pem': certificate,
    'mp3/th/paid.mp3': Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * i * 31) % 251)),
    'ui/logo.svg': Buffer.from('<svg/>'.repeat(500)),
    'ui/.gitkeep': Buffer.alloc(0),
  };
}

function writeTree(root: string, files: Files): void {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
}

/** What lies in a folder, by path. */
function readTree(root: string): Files {
  const paths = readdirSync(root, { recursive: true })
    .map(String)
    .filter((path) => statSync(join(root, path)).isFile());
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(root, path))]));
}

describe.skipIf(tools.missing)(`packages of other tools${tools.why}`, () => {
  test.each(Object.keys(PACKERS))('resources by %s are packed, verified and unpacked', async (tool) => {
    const files = resources();
    writeTree(join(dir, 'tree'), files);
    const core = join(dir, 'resource_V1.0.0.zip');
    PACKERS[tool]?.(join(dir, 'tree'), core, ['cust', 'key', 'mp3', 'ui']);
    const { file } = await packPackage({ core, outDir: dir, customer: 'ACME', privateKey: MAKER.privateKey });
    const verified = await verifyPackage(file, { keys: [MAKER.publicKey] });
    await unpackPackage(verified, join(dir, 'stage'));
    const { 'resource.json': manifest, 'resource.json.sig': signature, ...unpacked } = readTree(join(dir, 'stage'));
    expect(unpacked).toEqual(files);
    expect(manifest).toEqual(Buffer.from(encodeManifest(verified.manifest)));
    expect(signature).toHaveLength(64);
  });

  test.each(Object.keys(PACKERS))('a signed package put together by %s is the same package', async (tool) => {
    const files = resources();
    writeTree(join(dir, 'tree'), files);
    const { file: core } = await packTree(join(dir, 'tree'), 'V1.0.0', dir);
    const { file, manifest } = await packPackage({ core, outDir: dir, customer: 'ACME', privateKey: MAKER.privateKey });
    rmSync(file);
    const bytes = encodeManifest(manifest);
    writeFileSync(join(dir, 'resource.json'), bytes);
    writeFileSync(join(dir, 'resource.json.sig'), signManifest(bytes, MAKER.privateKey));
    PACKERS[tool]?.(dir, file, ['resource_V1.0.0.zip', 'resource.json', 'resource.json.sig']);
    mkdirSync(join(dir, 'work'));
    const verified = await verifyPackage(file, { keys: [MAKER.publicKey], workDir: join(dir, 'work') });
    await unpackPackage(verified, join(dir, 'work', 'stage'));
    const { 'ui/.gitkeep': _, ...packed } = files;
    expect(readTree(join(dir, 'work'))).toMatchObject(
      Object.fromEntries(Object.entries(packed).map(([path, content]) => [`stage/${path}`, content])),
    );
    expect(readdirSync(join(dir, 'work'))).toEqual(['stage']);
  });

  test.each(Object.keys(PACKERS))("the vendor's unsigned firmware package by %s is taken by its hash", async (tool) => {
    const image = Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(3_000, 7)]);
    writeFileSync(join(dir, 'DS50_app_V1.0.0.img'), image);
    writeFileSync(join(dir, 'resource.json'), encodeVendorManifest({ type: 'AP', version: 'V1.0.0', customerName: 'DSPREAD' }));
    const file = join(dir, 'AP_DS50-MQ_DSPREAD_V1.0.0.zip');
    PACKERS[tool]?.(dir, file, ['DS50_app_V1.0.0.img', 'resource.json']);
    const bytes = readFileSync(file);
    const verified = await verifyPackage(file, { keys: [], unsigned: { size: bytes.length, sha256: sha256(bytes) } });
    expect(verified.manifest).toMatchObject({
      type: 'AP',
      versionCode: 1_000_000,
      core: [{ size: image.length, sha256: sha256(image) }],
      files: [],
    });
    await unpackPackage(verified, join(dir, 'stage'));
    expect(readdirSync(join(dir, 'stage')).sort()).toEqual(['DS50_app_V1.0.0.img', 'resource.json']);
    expect(readFileSync(join(dir, 'stage', 'DS50_app_V1.0.0.img'))).toEqual(image);
    expect(statSync(join(dir, 'stage', 'DS50_app_V1.0.0.img')).mode & 0o777).toBe(0o755);
  });

  test("a symbolic link packed by Debian's zip is refused", async () => {
    writeTree(join(dir, 'tree'), resources());
    execFileSync('ln', ['-s', '/etc/passwd', join(dir, 'tree', 'ui', 'link')]);
    const core = join(dir, 'resource_V1.0.0.zip');
    execFileSync('zip', ['-q', '-r', '-y', core, 'cust', 'key', 'mp3', 'ui'], { cwd: join(dir, 'tree') });
    await expect(packPackage({ core, outDir: dir, customer: 'ACME', privateKey: MAKER.privateKey })).rejects.toMatchObject({
      code: 'zip-symlink',
    });
    await expect(packTree(join(dir, 'tree'), 'V1.0.0', dir)).rejects.toMatchObject({ code: 'zip-symlink' });
  });
});

describe.skipIf(tools.missing)(`our packages in other tools${tools.why}`, () => {
  test('unzip and python list, test and extract them', async () => {
    const all: Files = { ...resources(), 'mp3/จ่าย.mp3': Buffer.from('paid') };
    const { 'ui/.gitkeep': _, ...files } = all;
    writeTree(join(dir, 'tree'), all);
    chmodSync(join(dir, 'tree', 'cust', 'posparam.ini'), 0o600);
    const { file: core } = await packTree(join(dir, 'tree'), 'V1.0.0', dir);
    const { file } = await packPackage({ core, outDir: dir, customer: 'ACME', privateKey: MAKER.privateKey });
    for (const archive of [core, file]) {
      expect(execFileSync('unzip', ['-t', archive]).toString()).toContain('No errors detected');
      expect(execFileSync('python3', ['-m', 'zipfile', '-t', archive]).toString()).not.toContain('corrupted');
    }
    expect(execFileSync('unzip', ['-Z1', file]).toString().split('\n')).toEqual([
      'resource.json',
      'resource.json.sig',
      'resource_V1.0.0.zip',
      '',
    ]);
    mkdirSync(join(dir, 'unzip'));
    // Info-ZIP's unzip shows names beyond ASCII only where the locale has them.
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    execFileSync('unzip', ['-q', core, '-d', join(dir, 'unzip')], { env });
    execFileSync('python3', ['-m', 'zipfile', '-e', core, join(dir, 'python')], { env });
    expect(readTree(join(dir, 'unzip'))).toEqual(readTree(join(dir, 'python')));
    expect(readTree(join(dir, 'python'))).toEqual(Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))));
    expect(spawnSync('zip', ['-T', core]).status).toBe(0);
  });

  test('openssl believes the signature', async () => {
    writeTree(join(dir, 'tree'), { ...resources() });
    const { file: core } = await packTree(join(dir, 'tree'), 'V1.0.0', dir);
    const { file } = await packPackage({ core, outDir: dir, customer: 'ACME', privateKey: MAKER.privateKey });
    execFileSync('unzip', ['-q', '-o', file, '-d', dir]);
    const signed = Buffer.concat([Buffer.from('tilld-ota-v1\0'), readFileSync(join(dir, 'resource.json'))]);
    writeFileSync(join(dir, 'signed'), signed);
    writeFileSync(join(dir, 'maker.pub'), MAKER.publicKey);
    const check = ['pkeyutl', '-verify', '-pubin', '-inkey', 'maker.pub', '-rawin', '-in', 'signed', '-sigfile', 'resource.json.sig'];
    expect(execFileSync(OPENSSL, check, { cwd: dir }).toString()).toContain('Signature Verified Successfully');
  });
});
