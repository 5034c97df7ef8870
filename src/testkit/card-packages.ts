import type { Manifest } from '../domain/ota/manifest.ts';
import { type KeyPair, signManifest } from '../ota/package/keys.ts';
import { PLANTED_IDS, PLANTED_TEXTS } from './card-leaks.ts';
import { type Files, manifestFor, POSPARAM } from './ota-package.ts';
import { type RawEntry, rawZip } from './raw-zip.ts';

const VISA = PLANTED_IDS.visa ?? '';
const EVERYTHING = Object.values(PLANTED_TEXTS).join(' | ');

const inner = (files: Files): Buffer => rawZip(Object.entries(files).map(([name, data]) => ({ name, data })));

type Change = (manifest: Manifest) => object;

/** A package with these files that `change` has described otherwise, and with more in it. */
function packageOf(keys: KeyPair, more: Files, change: Change = (manifest) => manifest, others: readonly RawEntry[] = []): Buffer {
  const files = { 'cust/posparam.ini': POSPARAM, ...more };
  const core = inner(files);
  const bytes = Buffer.from(JSON.stringify(change(manifestFor(core, files))));
  return rawZip([
    { name: 'resource.json', data: bytes },
    { name: 'resource.json.sig', data: signManifest(bytes, keys.privateKey) },
    { name: 'resource_V1.0.0.zip', data: core },
    ...others,
  ]);
}

/** What the planted packages would be without card data: good. */
export const unplantedPackage = (keys: KeyPair): Buffer => packageOf(keys, { 'mp3/a.mp3': Buffer.from('x') });

/** Resource packages of ACME with card data in what describes them, in names and in parameters; signed with `keys`. */
export function plantedPackages(keys: KeyPair): Readonly<Record<string, Buffer>> {
  const made = (more: Files, change?: Change, others?: readonly RawEntry[]) => packageOf(keys, more, change, others);
  const parameters = (section: 'mqtt' | 'payment', field: string, value: unknown): Files => {
    const posparam = JSON.parse(Buffer.from(POSPARAM).toString()) as Record<string, Record<string, unknown>>;
    return { 'cust/posparam.ini': Buffer.from(JSON.stringify({ ...posparam, [section]: { ...posparam[section], [field]: value } })) };
  };
  return {
    'no-zip': Buffer.from(EVERYTHING),
    comment: Buffer.concat([made({}), Buffer.from(EVERYTHING)]),
    unsigned: rawZip([{ name: 'resource.json', data: Buffer.from(EVERYTHING) }]),
    entry: made({}, undefined, [{ name: `${VISA}.txt`, data: Buffer.from(EVERYTHING) }]),
    'file-name': made({ [`mp3/${VISA}.mp3`]: Buffer.from('x') }),
    'file-name-groups': made({ [`ui/${PLANTED_TEXTS.blanks}.png`]: Buffer.from('x') }),
    folder: made({ [`mp3/${PLANTED_IDS.chip}/a.mp3`]: Buffer.from('x') }),
    'key-file': made({ 'key/ca.pem': Buffer.from(EVERYTHING) }),
    ...Object.fromEntries(
      ['schema', 'type', 'version', 'customerName', 'package', 'versionCode', 'epoch', 'compat', 'core', 'files', 'created'].map(
        (field) => [`manifest-${field}`, made({}, (manifest) => ({ ...manifest, [field]: VISA }))],
      ),
    ),
    'manifest-unknown': made({}, (manifest) => ({ ...manifest, [EVERYTHING]: EVERYTHING, [VISA]: Number(VISA) })),
    'manifest-number': made({}, (manifest) => ({ ...manifest, versionCode: Number(VISA), epoch: Number(VISA) })),
    'manifest-core': made({}, (manifest) => ({ ...manifest, core: [{ ...manifest.core[0], name: `resource_${VISA}.zip` }] })),
    'mqtt-endpoint': made(parameters('mqtt', 'mqtt_endpoint', `${VISA}.example.com`)),
    'mqtt-topic': made(parameters('mqtt', 'mqtt_topic', `pos/${VISA}`)),
    'mqtt-port': made(parameters('mqtt', 'mqtt_port', Number(VISA))),
    'pgw-endpoint': made(parameters('payment', 'pgw_endpoint', `https://pay.example.com/${VISA}`)),
    'pgw-path': made(parameters('payment', 'pgw_api_sale', `/${PLANTED_IDS.dashes}`)),
  };
}
