import { type QrFault, type QrFaultCode, quote } from './qr-fault.ts';

/** One EMVCo data object. `children` is null where the value is plain text. */
export interface TlvObject {
  readonly id: string;
  readonly value: string;
  readonly children: readonly TlvObject[] | null;
}

/** Most characters of a whole QR text (EMVCo QRCPS MPM). */
export const MAX_CHARACTERS = 512;

/** Merchant account templates 26-51, additional data 62 and the alternate language template 64 hold objects themselves. */
const isTemplate = (id: string): boolean => (id >= '26' && id <= '51') || id === '62' || id === '64';

export type TlvResult =
  | { readonly ok: true; readonly objects: readonly TlvObject[] }
  | { readonly ok: false; readonly faults: readonly QrFault[] };

/**
 * Reads the objects of one level, without looking into templates. Lengths count characters (code points), ids must be
 * unique. Linear in the text, and never throws.
 */
export function readLevel(text: string, path = ''): TlvResult {
  const characters = Array.from(text);
  const objects: TlvObject[] = [];
  const seen = new Set<string>();
  for (let at = 0; at < characters.length; ) {
    const head = characters.slice(at, at + 4).join('');
    const where = path === '' ? `at character ${at}` : path;
    if (!/^\d{0,4}$/.test(head)) return failed('qr-malformed', where, quote(head), 'two digits of id and two digits of length');
    if (head.length < 4) return failed('qr-truncated', where, quote(head), 'an id and a length');
    const id = head.slice(0, 2);
    const here = path === '' ? id : `${path}/${id}`;
    const length = Number(head.slice(2));
    if (length === 0) return failed('qr-malformed', here, 'length 00', 'a length from 01 to 99');
    if (at + 4 + length > characters.length) {
      return failed('qr-truncated', here, `${characters.length - at - 4} characters`, `${length} characters`);
    }
    if (seen.has(id)) return failed('qr-duplicate', here, `object ${id} twice`, 'each object once');
    seen.add(id);
    objects.push({ id, value: characters.slice(at + 4, at + 4 + length).join(''), children: null });
    at += 4 + length;
  }
  return { ok: true, objects };
}

/** Opens the templates of the root level, one level deep. Every template that cannot be read is a fault. */
export function openTemplates(root: readonly TlvObject[]): TlvResult {
  const faults: QrFault[] = [];
  const objects = root.map((object): TlvObject => {
    if (!isTemplate(object.id)) return object;
    const inner = readLevel(object.value, object.id);
    if (inner.ok) return { ...object, children: inner.objects };
    faults.push(...inner.faults);
    return object;
  });
  return faults.length > 0 ? { ok: false, faults } : { ok: true, objects };
}

/** Value of an object in one level, or null. */
export function fieldOf(objects: readonly TlvObject[] | null, id: string): string | null {
  return objects?.find((object) => object.id === id)?.value ?? null;
}

const failed = (code: QrFaultCode, path: string, found: string, expected: string): TlvResult => ({
  ok: false,
  faults: [{ code, path, found, expected }],
});
