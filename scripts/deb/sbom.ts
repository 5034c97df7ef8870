import { createHash } from 'node:crypto';

/** A package as package-lock.json has it, by its path such as `node_modules/hono`. */
export interface LockedPackage {
  readonly version?: string;
  /** `sha512-` and its base64. */
  readonly integrity?: string;
  /** An SPDX expression. */
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface BuiltIn {
  readonly version: string;
  /** Seconds since 1970. */
  readonly builtAt: number;
  readonly lock: Readonly<Record<string, LockedPackage>>;
  /** Paths of the packages that are built in, as the lockfile has them. */
  readonly packages: readonly string[];
  /** Node's version, and of what is built into it, as `process.versions`. */
  readonly runtime: Readonly<Record<string, string>>;
  readonly fonts: readonly { readonly path: string; readonly sha256: string }[];
}

interface Component {
  readonly type: 'library' | 'platform' | 'file';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version?: string;
  readonly licenses?: readonly { readonly expression: string }[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly purl?: string;
  readonly cpe?: string;
  readonly components?: readonly Component[];
}

const SELF = 'tilld';
const NODE = 'node';

/** What the executable is made of, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/). The same input makes the same text. */
export function sbom({ version, builtAt, lock, packages, runtime, fonts }: BuiltIn): string {
  const paths = [...new Set(packages)].sort();
  const libraries = paths.map((path) => library(path, lock[path] ?? {}));
  const files = fonts.map(({ path, sha256 }) => file(path, sha256)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const components = [node(runtime), ...libraries, ...files];
  const content = {
    version: 1,
    metadata: {
      timestamp: new Date(builtAt * 1_000).toISOString(),
      component: { type: 'application', 'bom-ref': SELF, name: 'tilld', version },
    },
    components,
    dependencies: [
      { ref: SELF, dependsOn: [...components.filter(({ type }) => type !== 'library').map(refOf), ...needed('', lock, paths)].sort() },
      ...paths.map((path) => ({ ref: refAt(path, lock), dependsOn: needed(path, lock, paths) })),
    ],
  };
  return `${JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: serialOf(content), ...content }, null, 2)}\n`;
}

const refOf = (component: Component): string => component['bom-ref'];
const refAt = (path: string, lock: BuiltIn['lock']): string => refOf(library(path, lock[path] ?? {}));

function library(path: string, { version = '', license, integrity }: LockedPackage): Component {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    // Two of one version may lie at two places.
    'bom-ref': path === `node_modules/${name}` ? purl : `${purl}#${path}`,
    name,
    version,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...(integrity === undefined ? {} : { hashes: [{ alg: 'SHA-512', content: hexOf(integrity) }] }),
    purl,
  };
}

const hexOf = (integrity: string): string => Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');

/** Node's parts have names and versions of their own, under which holes in them are told; one without a version is not built in. */
function node({ node = '', modules: _abi, ...parts }: BuiltIn['runtime']): Component {
  const there = Object.entries(parts).filter(([, version]) => version !== '');
  const components = there.map(
    ([name, version]): Component => ({
      type: 'library',
      'bom-ref': `${NODE}/${name}`,
      name,
      version,
      purl: `pkg:generic/${name}@${version}`,
    }),
  );
  return {
    type: 'platform',
    'bom-ref': NODE,
    name: 'node',
    version: node,
    licenses: [{ expression: 'MIT' }],
    purl: `pkg:generic/node@${node}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${node}:*:*:*:*:*:*:*`,
    components: components.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

const file = (path: string, sha256: string): Component => ({
  type: 'file',
  'bom-ref': path,
  name: path,
  licenses: [{ expression: 'OFL-1.1' }],
  hashes: [{ alg: 'SHA-256', content: sha256 }],
});

/** Which of the built-in packages a package means by its dependencies: the nearest up the folders, as Node looks for them. */
function needed(from: string, lock: BuiltIn['lock'], packages: readonly string[]): string[] {
  const { dependencies, optionalDependencies, peerDependencies } = lock[from] ?? {};
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  const found = names.flatMap((name) => nearest(from, name, lock) ?? []);
  return [...new Set(found.filter((path) => packages.includes(path)).map((path) => refAt(path, lock)))].sort();
}

function nearest(from: string, name: string, lock: BuiltIn['lock']): string | null {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (Object.hasOwn(lock, path)) return path;
    if (folder === '') return null;
  }
}

/** A version 8 UUID (RFC 9562) that the content decides. */
function serialOf(content: unknown): string {
  const hex = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
