import { type JsonValue, parseJson } from '../json.ts';
import { asInteger, asObject, asOneOf, asPattern, asText, MessageFault } from '../json-fields.ts';
import { checkDistinct, checkEntryName, checkPlace } from './entry-name.ts';
import { MAX_CORE_BYTES, MAX_ENTRIES, MAX_MANIFEST_BYTES, MAX_UNPACKED_BYTES } from './limits.ts';
import { type CoreFile, MAX_EPOCH, type Manifest, type PackedFile, type VendorManifest } from './manifest.ts';
import { CUSTOMER, CUSTOMER_RULE, coreName, packageStem } from './names.ts';
import { OtaFault } from './ota-fault.ts';
import { type Field, faultText, Problems, type Read } from './problems.ts';
import { quoted } from './quoted.ts';
import { isTimestamp, TIMESTAMP_RULE } from './timestamp.ts';
import { parseVersion, runtimeCode } from './version.ts';

const MODEL_NAME = /^(?!(?:\D*\d){13})[A-Z0-9-]{1,32}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const TYPES = ['AP', 'CUST'] as const;

/**
 * Reads the manifest of a signed package: strict JSON of at most 1 MiB, every field of the schema and no other, and
 * nothing in it that contradicts the rest.
 * @throws OtaFault `ota-manifest-json` when it cannot be read at all, else ManifestFault with every problem
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const problems = new Problems();
  const top = parse(bytes);
  const manifest = problems.object(top, '', (field) => ({
    schema: field('schema', (value, path) => asOneOf(value, path, ['tilld.ota/1'])),
    ...guideFields(field),
    package: field('package', (value, path) => asText(value, path, 120)),
    versionCode: field('versionCode', (value, path) => asInteger(value, path, 0, 2_000_999_999)),
    epoch: field('epoch', (value, path) => asInteger(value, path, 1, MAX_EPOCH)),
    compat: field('compat', (value, path) =>
      problems.object(value, path, (inner) => ({
        models: inner('models', (models, at) =>
          problems.list(models, at, 1, 16, (model, here) => asPattern(model, here, MODEL_NAME, 'a model name')),
        ),
        minRuntime: inner('minRuntime', runtimeVersion),
      })),
    ),
    core: field('core', (value, path) => problems.list(value, path, 1, 1, (core, here) => coreFile(problems, core, here))),
    files: field('files', (value, path) => problems.list(value, path, 0, MAX_ENTRIES, (file, here) => packedFile(problems, file, here))),
    created: field('created', timestamp),
  }));
  problems.end();
  // Nothing was missing, or `end` would have thrown: what was read is a manifest, as far as single fields go.
  const complete = manifest as unknown as Manifest;
  for (const problem of contradictions(complete)) problems.add(problem);
  problems.end();
  return complete;
}

/**
 * Reads the resource.json of the vendor's own script; fields it adds are left alone.
 * @throws OtaFault `ota-manifest-json`, `ota-unsigned` when it is one of ours that lost its signature, else ManifestFault
 */
export function decodeVendorManifest(bytes: Uint8Array): VendorManifest {
  const problems = new Problems();
  const top = problems.attempt(() => asObject(parse(bytes), ''));
  if (top?.schema !== undefined)
    throw new OtaFault('The package has lost its signature', { code: 'ota-unsigned', remedy: 'Get it again from its maker.' });
  const manifest = top && guideFields((key, read) => problems.attempt(() => read(top[key], key)));
  problems.end();
  return manifest as VendorManifest;
}

const guideFields = (field: Field) => ({
  type: field('type', (value, path) => asOneOf(value, path, TYPES)),
  version: field('version', packageVersion),
  customerName: field('customerName', (value, path) => asPattern(value, path, CUSTOMER, CUSTOMER_RULE)),
});

const coreFile = (problems: Problems, value: JsonValue, path: string) =>
  problems.object(value, path, (field) => ({
    name: field('name', (text, at) => asText(text, at, 80)),
    size: field('size', (size, at) => asInteger(size, at, 1, MAX_CORE_BYTES)),
    sha256: field('sha256', sha256),
    unpackedSize: field('unpackedSize', (size, at) => asInteger(size, at, 0, MAX_UNPACKED_BYTES)),
    entries: field('entries', (count, at) => asInteger(count, at, 0, MAX_ENTRIES)),
  }));

const packedFile = (problems: Problems, value: JsonValue, path: string) =>
  problems.object(value, path, (field) => ({
    path: field('path', filePath),
    size: field('size', (size, at) => asInteger(size, at, 0, MAX_UNPACKED_BYTES)),
    sha256: field('sha256', sha256),
  }));

const sha256: Read<string> = (value, path) => asPattern(value, path, SHA256, '64 lower-case hex digits');

const packageVersion: Read<string> = (value, path) => parseVersion(asText(value, path, 40)).text;

const runtimeVersion: Read<string> = (value, path) => {
  const text = asText(value, path, 40);
  if (runtimeCode(text) === null) throw new MessageFault(path, value, 'a version such as 0.1.0');
  return text;
};

const timestamp: Read<string> = (value, path) => {
  const text = asText(value, path, 40);
  if (!isTimestamp(text)) throw new MessageFault(path, value, TIMESTAMP_RULE);
  return text;
};

const filePath: Read<string> = (value, path) => {
  if (typeof value !== 'string' || value.endsWith('/')) throw new MessageFault(path, value, 'the path of a file');
  checkEntryName(value);
  checkPlace(value);
  return value;
};

/** What single fields cannot show. */
function* contradictions({
  type,
  version,
  customerName,
  package: stem,
  versionCode,
  compat,
  core: [core],
  files,
}: Manifest): Iterable<string> {
  if (!compat.models.some((model) => stem === packageStem(type, model, customerName, version)))
    yield `package: ${quoted(stem)} does not say the type, model, customer and version`;
  if (versionCode !== parseVersion(version).code) yield `versionCode: ${versionCode} is not that of ${version}`;
  if (core.name !== coreName(type, version)) yield `core[0].name: ${quoted(core.name)} is not ${coreName(type, version)}`;
  yield* type === 'AP' ? firmwareContradictions(core, files) : resourceContradictions(core, files);
}

function* firmwareContradictions(core: CoreFile, files: readonly PackedFile[]): Iterable<string> {
  if (files.length > 0) yield 'files: firmware has none';
  if (core.entries !== 0 || core.unpackedSize !== core.size) yield 'core[0]: a firmware image is no archive';
}

function* resourceContradictions(core: CoreFile, files: readonly PackedFile[]): Iterable<string> {
  if (files.some(({ path }, i) => i > 0 && (files[i - 1]?.path ?? '') >= path)) yield 'files: they are not sorted by path';
  if (files.length > core.entries) yield `core[0].entries: ${core.entries} are fewer than its files`;
  const sum = files.reduce((total, { size }) => total + size, 0);
  if (sum !== core.unpackedSize) yield `core[0].unpackedSize: ${core.unpackedSize} is not the sum of its files, ${sum}`;
  try {
    checkDistinct(files.map(({ path }) => path));
  } catch (error) {
    yield `files: ${faultText(error)}`;
  }
}

function parse(bytes: Uint8Array): JsonValue {
  try {
    return parseJson(bytes, MAX_MANIFEST_BYTES);
  } catch (cause) {
    throw new OtaFault('resource.json cannot be read', { code: 'ota-manifest-json', found: faultText(cause), cause });
  }
}
