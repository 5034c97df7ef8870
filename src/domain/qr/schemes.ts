import { fault } from './fields.ts';
import type { Payee, Scheme } from './payment-qr.ts';
import type { QrFault } from './qr-fault.ts';
import { fieldOf, readLevel, type TlvObject } from './tlv.ts';

export const PROMPTPAY_AID = 'A000000677010111';
export const PROMPTPAY_BILL_AID = 'A000000677010112';
const PROMPTPAY_CUSTOMER_AID = 'A000000677010114';
const PROMPTPAY_CROSS_BORDER_AID = 'A000000677012006';
export const VIETQR_AID = 'A000000727';
export const QRIS_DOMAIN = 'ID.CO.QRIS.WWW';
const QRIS_OLD_DOMAIN = 'ID.OR.GPNQR.WWW';
const QRIS_CRITERIA = ['UMI', 'UKE', 'UME', 'UBE', 'URE', 'PSO', 'BLU'];
const QRIS_TRANSFERS = ['BOOK', 'DMCT', 'XBCT'];

/** Tells the scheme from the merchant account templates; Indonesia's also from the country, for 51 may be absent. */
export function detectScheme(root: readonly TlvObject[]): Scheme {
  const aid = (id: string) => fieldOf(template(root, id), '00');
  const bill = aid('30');
  if (bill === PROMPTPAY_BILL_AID || bill === PROMPTPAY_CROSS_BORDER_AID) return 'promptpay-bill';
  const person = aid('29');
  if (person === PROMPTPAY_AID || person === PROMPTPAY_CUSTOMER_AID) return 'promptpay';
  if (aid('38') === VIETQR_AID) return 'vietqr';
  const national = aid('51');
  if (national === QRIS_DOMAIN || national === QRIS_OLD_DOMAIN || fieldOf(root, '58') === 'ID') return 'qris';
  return 'other';
}

export interface PayeeResult {
  readonly payee: Payee | null;
  readonly faults: readonly QrFault[];
}

/** Reads who is paid and checks the account templates by the scheme's own rules. `payee` is null only with faults. */
export function readPayee(scheme: Scheme, root: readonly TlvObject[]): PayeeResult {
  switch (scheme) {
    case 'promptpay':
      return readPromptPay(template(root, '29'));
    case 'promptpay-bill':
      return readBiller(template(root, '30'));
    case 'qris':
      return readQris(root);
    case 'vietqr':
      return readVietQr(template(root, '38'));
    case 'other':
      return readOther(root);
  }
}

const PROMPTPAY_IDS = [
  { id: '01', kind: 'phone', pattern: /^\d{13}$/, expected: 'a phone number of 13 digits, padded with zeros' },
  { id: '02', kind: 'national-id', pattern: /^\d{13}$/, expected: 'a national or tax id of 13 digits' },
  { id: '03', kind: 'e-wallet', pattern: /^\d{15}$/, expected: 'an e-wallet id of 15 digits' },
  { id: '04', kind: 'bank-account', pattern: /^[0-9A-Za-z]{1,43}$/, expected: 'a bank code and account of at most 43 letters and digits' },
] as const;

function readPromptPay(account: readonly TlvObject[] | null): PayeeResult {
  const aid = fieldOf(account, '00');
  if (aid === PROMPTPAY_CUSTOMER_AID) return broken(fault('qr-customer-presented', '29/00', aid, PROMPTPAY_AID));
  const given = PROMPTPAY_IDS.filter(({ id }) => fieldOf(account, id) !== null);
  const form = given[0];
  if (!form || given.length > 1) {
    const found = given.length === 0 ? null : given.map(({ kind }) => kind).join(' and ');
    return broken(
      fault(form ? 'qr-field' : 'qr-field-missing', '29', found, 'one of phone (01), id (02), e-wallet (03), bank account (04)'),
    );
  }
  const value = fieldOf(account, form.id) ?? '';
  if (!form.pattern.test(value)) return broken(fault('qr-field', `29/${form.id}`, value, form.expected));
  return { payee: { kind: form.kind, id: value }, faults: [] };
}

function readBiller(account: readonly TlvObject[] | null): PayeeResult {
  const id = fieldOf(account, '01');
  const ref1 = fieldOf(account, '02');
  const faults: QrFault[] = [];
  if (id === null) faults.push(fault('qr-field-missing', '30/01', null, 'a biller id of 15 digits'));
  else if (!/^\d{1,15}$/.test(id)) faults.push(fault('qr-field', '30/01', id, 'a biller id of 15 digits'));
  if (ref1 === null) faults.push(fault('qr-field-missing', '30/02', null, 'a reference 1'));
  if (id === null || ref1 === null) return { payee: null, faults };
  return { payee: { kind: 'biller', id, ref1, ref2: fieldOf(account, '03') }, faults };
}

function readVietQr(account: readonly TlvObject[] | null): PayeeResult {
  const service = fieldOf(account, '02');
  const inner = readLevel(fieldOf(account, '01') ?? '', '38/01');
  if (!inner.ok) return { payee: null, faults: inner.faults };
  const bin = fieldOf(inner.objects, '00');
  const id = fieldOf(inner.objects, '01');
  const faults: QrFault[] = [];
  if (bin === null || !/^\d{6}$/.test(bin)) faults.push(missingOrWrong('38/01/00', bin, 'a bank number (BIN) of 6 digits'));
  if (id === null || !/^[0-9A-Za-z]{1,19}$/.test(id))
    faults.push(missingOrWrong('38/01/01', id, 'an account or card of at most 19 characters'));
  if (service !== 'QRIBFTTA' && service !== 'QRIBFTTC') faults.push(missingOrWrong('38/02', service, 'QRIBFTTA or QRIBFTTC'));
  if (bin === null || id === null) return { payee: null, faults };
  return { payee: { kind: service === 'QRIBFTTC' ? 'vietnam-card' : 'vietnam-account', bin, id }, faults };
}

function readQris(root: readonly TlvObject[]): PayeeResult {
  const faults: QrFault[] = [];
  const acquirer = root.find(({ id }) => id >= '26' && id <= '45');
  const national = template(root, '51');
  const pan = fieldOf(acquirer?.children ?? null, '01');
  const criteria = fieldOf(acquirer?.children ?? null, '03');
  const nmid = fieldOf(national, '02');
  const purpose = fieldOf(template(root, '62'), '08');
  if (!root.some(({ id }) => (id >= '02' && id <= '45') || id === '51')) {
    faults.push(fault('qr-field-missing', '26', null, 'a merchant account (02 to 45, or 51)'));
  }
  if (fieldOf(root, '01') === '11' && national === null)
    faults.push(fault('qr-field-missing', '51', null, `${QRIS_DOMAIN} in a static QR`));
  if (national !== null && nmid === null) faults.push(fault('qr-field-missing', '51/02', null, 'a national merchant id'));
  if (pan !== null && !/^\d{1,19}$/.test(pan))
    faults.push(fault('qr-field', `${acquirer?.id}/01`, pan, 'a merchant PAN of at most 19 digits'));
  if (criteria !== null && !QRIS_CRITERIA.includes(criteria)) {
    faults.push(fault('qr-field', `${acquirer?.id}/03`, criteria, `one of ${QRIS_CRITERIA.join(', ')}`));
  }
  if (template(root, '40') !== null && purpose !== null && QRIS_TRANSFERS.includes(purpose)) {
    faults.push(fault('qr-transfer', '62/08', purpose, 'a sale'));
  }
  return { payee: { kind: 'qris-merchant', id: nmid, acquirer: fieldOf(acquirer?.children ?? null, '00'), pan, criteria }, faults };
}

function readOther(root: readonly TlvObject[]): PayeeResult {
  const account = root.find(({ id }) => id >= '02' && id <= '51');
  if (!account) return broken(fault('qr-field-missing', '26', null, 'a merchant account (02 to 51)'));
  const id = account.children === null ? account.value : fieldOf(account.children, '00');
  if (id === null) return broken(fault('qr-field-missing', `${account.id}/00`, null, 'an application id or reverse domain'));
  return { payee: { kind: 'account', template: account.id, id }, faults: [] };
}

const template = (root: readonly TlvObject[], id: string): readonly TlvObject[] | null =>
  root.find((object) => object.id === id)?.children ?? null;

const broken = (...faults: QrFault[]): PayeeResult => ({ payee: null, faults });

const missingOrWrong = (path: string, found: string | null, expected: string): QrFault =>
  fault(found === null ? 'qr-field-missing' : 'qr-field', path, found, expected);
