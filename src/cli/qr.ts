import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { ConfigurationFault } from '../domain/fault.ts';
import { moneyText } from '../domain/money-text.ts';
import { parsePaymentQr } from '../domain/qr/parse.ts';
import type { Payee, PaymentQr, PaymentQrResult } from '../domain/qr/payment-qr.ts';
import { qrMatrix } from '../drivers/display/qr-matrix.ts';
import { qrPng } from '../drivers/display/qr-png.ts';
import { qrSvg } from '../drivers/display/qr-svg.ts';
import { qrTerminal } from '../drivers/display/qr-terminal.ts';
import { type CommandGroup, command, UsageFault } from './command.ts';

/** Pixels a module in a file: a symbol of usual size prints about 4 cm wide at 300 dpi. */
const UNIT = 8;

const check = command({
  name: 'check',
  summary: 'Say whether a text is a valid payment QR, and what it asks for',
  usage: 'TEXT',
  args: { least: 1, most: 1 },
  options: {},
  examples: ["tilld qr check '00020101021229370016A00000067701011101130066801234567…'"],
  run: async ({ args: [text = ''], show }) => {
    const result = parsePaymentQr(text);
    show(asJson(result), () => (result.ok ? describe(result.qr) : complain(result)));
    return result.ok ? 0 : 1;
  },
});

const render = command({
  name: 'render',
  summary: 'Draw a text as a QR, without judging it',
  usage: 'TEXT',
  args: { least: 1, most: 1 },
  options: { out: { type: 'string', value: 'F.png|F.svg|-', help: 'Where to; - draws in the terminal', default: '-' } },
  examples: ['tilld qr render TEXT --out qr.png', 'tilld qr render TEXT --out -'],
  run: async ({ args: [text = ''], values: { out }, io, json }) => {
    const draw = out === '-' ? null : drawingFor(out);
    const matrix = await qrMatrix(text);
    if (draw === null) {
      const picture = qrTerminal(matrix, io.isTTY && !json);
      json ? io.json({ out, modules: matrix.size, picture }) : io.out(picture);
      return 0;
    }
    await save(out, await draw(matrix));
    if (json) io.json({ out, modules: matrix.size });
    return 0;
  },
});

/** `tilld qr check` and `tilld qr render`. */
export const qr: CommandGroup = { name: 'qr', summary: 'Check or render a payment QR', commands: [check, render] };

type Matrix = Awaited<ReturnType<typeof qrMatrix>>;

function drawingFor(file: string): (matrix: Matrix) => Promise<Uint8Array | string> {
  switch (extname(file).toLowerCase()) {
    case '.png':
      return (matrix) => qrPng(matrix, UNIT);
    case '.svg':
      return async (matrix) => qrSvg(matrix, UNIT);
    default:
      throw new UsageFault('--out is not usable', { found: JSON.stringify(file), expected: 'a file name ending in .png or .svg, or -' });
  }
}

async function save(file: string, content: Uint8Array | string): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationFault(`${file} cannot be written`, {
      code: 'file-not-written',
      found: reason,
      remedy: 'Name a file in a folder that exists and may be written to.',
      cause,
    });
  }
}

function asJson(result: PaymentQrResult): unknown {
  const objects = result.objects.map(({ id, value, children }) => ({ id, value, ...(children ? { children } : {}) }));
  return result.ok ? { valid: true, ...result.qr, objects } : { valid: false, scheme: result.scheme, faults: result.faults, objects };
}

function describe(qr: PaymentQr): string {
  const rows: [string, string | null][] = [
    ['scheme', qr.scheme],
    ['currency', qr.currency === null ? qr.currencyNumeric : `${qr.currency} (${qr.currencyNumeric})`],
    ['amount', qr.amount ? moneyText(qr.amount) : (qr.amountText ?? 'typed by the payer')],
    ['tip', tipText(qr)],
    ['payable', { once: 'once', many: 'many times', unsaid: null }[qr.use]],
    ['merchant', [qr.merchantName, qr.merchantCity, qr.country].filter((part) => part !== null && part !== '').join(', ')],
    ...payeeRows(qr.payee),
    ['terminal', qr.additional['07'] ?? null],
    ['reference', qr.additional['05'] ?? null],
    ['purpose', qr.additional['08'] ?? null],
  ];
  const lines = rows.filter(([, value]) => value !== null).map(([name, value]) => `${name.padEnd(10)}${printable(value ?? '')}`);
  return ['Valid payment QR', ...lines].join('\n');
}

function tipText({ tip }: PaymentQr): string | null {
  switch (tip?.kind) {
    case undefined:
      return null;
    case 'prompt':
      return 'asked of the payer';
    case 'fixed':
      return `${tip.amountText} on top`;
    case 'percent':
      return `${tip.percentText} % on top`;
  }
}

function payeeRows(payee: Payee): [string, string | null][] {
  switch (payee.kind) {
    case 'biller':
      return [
        ['biller', payee.id],
        ['ref 1', payee.ref1],
        ['ref 2', payee.ref2],
      ];
    case 'qris-merchant':
      return [
        ['NMID', payee.id],
        ['acquirer', payee.acquirer],
        ['PAN', payee.pan],
      ];
    case 'vietnam-account':
    case 'vietnam-card':
      return [
        ['bank', payee.bin],
        [payee.kind === 'vietnam-card' ? 'card' : 'account', payee.id],
      ];
    case 'account':
      return [['account', `${payee.id} (template ${payee.template})`]];
    default:
      return [['payee', `${payee.kind} ${payee.id}`]];
  }
}

/** Every fault, and what could be read nevertheless. */
function complain({ faults, scheme, objects }: Extract<PaymentQrResult, { ok: false }>): string {
  return [
    `Not a valid payment QR${scheme === null ? '' : ` (${scheme})`}`,
    ...faults.map(({ code, path, found, expected }) => `  ${code}${path === '' ? '' : ` (${path})`}: found ${found}, expected ${expected}`),
    ...(objects.length > 0 ? ['Objects:'] : []),
    ...objects.map(({ id, value }) => `  ${id} ${printable(value)}`),
  ].join('\n');
}

/** A QR's texts come from strangers: nothing in them may steer the terminal. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '\u{fffd}');
