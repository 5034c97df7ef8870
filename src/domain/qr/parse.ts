import { CURRENCY_CODES, type Currency, numericCode } from '../money.ts';
import { crc16 } from './crc.ts';
import { fault, fieldFaults, readAmounts } from './fields.ts';
import type { PaymentQr, PaymentQrResult } from './payment-qr.ts';
import type { QrFault } from './qr-fault.ts';
import { detectScheme, readPayee } from './schemes.ts';
import { fieldOf, MAX_CHARACTERS, openTemplates, readLevel, type TlvObject } from './tlv.ts';

/**
 * Reads and checks an EMVCo merchant-presented QR text (QRCPS MPM 1.1, with the rules of PromptPay, QRIS and VietQR).
 * Takes any text: it never throws. Faults come in the order in which they matter, the gravest first.
 */
export function parsePaymentQr(text: string): PaymentQrResult {
  const unreadable = textFaults(text);
  if (unreadable.length > 0) return refused(unreadable);
  const level = readLevel(text);
  if (!level.ok) return refused(level.faults);
  const envelope = envelopeFaults(text, level.objects);
  if (envelope.some(({ code }) => code !== 'qr-crc')) return refused(envelope, level.objects);
  const tree = openTemplates(level.objects);
  if (!tree.ok) return refused([...envelope, ...tree.faults], level.objects);
  return readFields(tree.objects, envelope);
}

function textFaults(text: string): QrFault[] {
  if (text === '') return [fault('qr-empty', '', null, 'the text of a payment QR')];
  // A character is at most two UTF-16 units: anything longer need not be counted.
  const length = text.length > 2 * MAX_CHARACTERS ? text.length : Array.from(text).length;
  if (length > MAX_CHARACTERS) {
    return [{ code: 'qr-too-long', path: '', found: `${length} characters`, expected: `at most ${MAX_CHARACTERS} characters` }];
  }
  const odd = /[\p{Cc}\p{Cs}\u{feff}]/u.exec(text);
  if (!odd) return [];
  const codePoint = (odd[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return [{ code: 'qr-characters', path: `at position ${odd.index}`, found: `U+${codePoint}`, expected: 'printable characters' }];
}

/** Format indicator first, checksum last and right. The checksum's place follows from the parse, never from a search. */
function envelopeFaults(text: string, root: readonly TlvObject[]): QrFault[] {
  const first = root[0];
  const last = root.at(-1);
  if (last?.id === '91' && last.value.length === 4 && fieldOf(root, '63') === null) {
    return [fault('qr-slip', '91', 'the mini QR of a bank slip', 'a payment QR')];
  }
  if (first?.id !== '00' || first.value !== '01') {
    return [fault('qr-not-emvco', '00', first ? `${first.id} ${first.value}` : null, '00 with the value 01 at the beginning')];
  }
  if (last?.id !== '63') return [fault('qr-crc-missing', '63', last?.id ?? null, 'the checksum 63 as the last object')];
  const expected = crc16(text.slice(0, text.length - last.value.length));
  // The form first: some letters outside ASCII turn into "FF" in upper case.
  const right = /^[0-9A-Fa-f]{4}$/.test(last.value) && last.value.toUpperCase() === expected;
  return right ? [] : [fault('qr-crc', '63', last.value, expected)];
}

function readFields(root: readonly TlvObject[], envelope: readonly QrFault[]): PaymentQrResult {
  const scheme = detectScheme(root);
  const currencyNumeric = fieldOf(root, '53') ?? '';
  const currency = currencyOf(currencyNumeric);
  const { payee, faults: payeeFaults } = readPayee(scheme, root);
  const { amount, tip, faults: amountFaults } = readAmounts(root, currency);
  const faults = [...envelope, ...payeeFaults, ...fieldFaults(scheme, root), ...amountFaults];
  if (faults.length > 0 || payee === null) return { ok: false, faults, scheme, objects: root };
  const qr: PaymentQr = {
    scheme,
    payee,
    use: useOf(fieldOf(root, '01')),
    currencyNumeric,
    currency,
    amountText: fieldOf(root, '54'),
    amount,
    tip,
    country: fieldOf(root, '58') ?? '',
    categoryCode: fieldOf(root, '52'),
    merchantName: fieldOf(root, '59'),
    merchantCity: fieldOf(root, '60'),
    postalCode: fieldOf(root, '61'),
    additional: Object.fromEntries((root.find(({ id }) => id === '62')?.children ?? []).map(({ id, value }) => [id, value])),
  };
  return { ok: true, qr, objects: root };
}

const currencyOf = (numeric: string): Currency | null => CURRENCY_CODES.find((code) => numericCode(code) === numeric) ?? null;

function useOf(initiation: string | null): PaymentQr['use'] {
  if (initiation === null) return 'unsaid';
  return initiation === '12' ? 'once' : 'many';
}

const refused = (faults: readonly QrFault[], objects: readonly TlvObject[] = []): PaymentQrResult => ({
  ok: false,
  faults,
  scheme: null,
  objects,
});
