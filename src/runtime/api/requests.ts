import type { Context } from 'hono';
import * as v from 'valibot';
import { bytesWithin } from '../../domain/bytes-within.ts';
import { CardSecret } from '../../domain/card.ts';
import { CallerFault } from '../../domain/fault.ts';
import { MAX_MINOR } from '../../domain/money.ts';
import { TOP_UP_LENGTHS, type TopUpCard, type TopUpSecret } from '../../domain/top-up.ts';
import type { LedgerQuery } from '../../ports/store.ts';
import { type FieldFault, fieldFaults } from '../field-faults.ts';
import { choice, flag, section, text, whole } from '../fields.ts';
import { jsonFault } from '../json-text.ts';
import { RequestInvalid } from './errors.ts';

/** Far above anything the API takes. */
const LONGEST_BODY = 16 * 1024;

const KEY_FORM = '1 to 128 printable ASCII characters without blanks';

const SALE = section({
  amountMinor: whole('The price in minor units', 1, MAX_MINOR),
  description: v.exactOptional(text('What is sold', 200)),
  idempotencyKey: v.exactOptional(text('The same key again is the same sale', 128, /^[\x21-\x7e]+$/, KEY_FORM)),
});
const secretText = (description: string, name: TopUpSecret) => {
  const { least, most } = TOP_UP_LENGTHS[name];
  return text(description, most, new RegExp(`^[A-Za-z0-9]{${least},${most}}$`), `${least} to ${most} letters and digits`);
};
const TOP_UP = section({
  operator: text('Whose card it is', 32, /^[A-Za-z0-9][A-Za-z0-9 _-]*$/, 'the name of an operator the backend takes cards of'),
  amountMinor: whole('The face value of the card in minor units', 1, MAX_MINOR),
  serial: secretText('The serial of the card', 'serial'),
  pin: secretText('The PIN of the card', 'pin'),
});
const NOTHING = section({});
const INSTALL = section({
  file: text("Path of the package on the box's machine", 1_000),
  permitDowngrade: v.optional(flag('Whether an older version may replace a newer one'), false),
  unsigned: v.exactOptional(
    section({ size: whole('Bytes', 1, 2 ** 31), sha256: text('SHA-256', 64, /^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits') }),
  ),
});
const KEY = section({ key: text('A key, as the box knows it', 32, /^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and "-"') });
const pixel = (side: string) => whole(`From the ${side} of the picture, in pixels`, 0, 4_095);
const TOUCH = section({ x: pixel('left'), y: pixel('top') });
const ROLLBACK = section({ type: choice('Firmware or resources', ['AP', 'CUST']) });

const count = (least: number, most: number) => {
  const expected = `a whole number from ${least} to ${most}`;
  return v.pipe(
    v.string(expected),
    v.regex(/^\d{1,15}$/, expected),
    v.transform(Number),
    v.minValue<number, number, string>(least, expected),
    v.maxValue<number, number, string>(most, expected),
  );
};
/** Longer numbers are no place in any journal. */
const LAST_SEQ = 999_999_999_999;
const LEDGER = section({
  after: v.exactOptional(count(0, LAST_SEQ)),
  limit: v.exactOptional(count(1, 1_000)),
  sale: v.exactOptional(text('Only entries of this sale', 64)),
});
const STREAM = section({ after: v.exactOptional(count(0, LAST_SEQ)) });

export type SaleRequest = v.InferOutput<typeof SALE>;

/** The body of POST /v1/sales; the key may also come as the header Idempotency-Key. @throws RequestInvalid */
export async function saleRequest(c: Context): Promise<SaleRequest> {
  const body = parse(SALE, await readBody(c));
  const header = c.req.header('idempotency-key');
  if (header === undefined) return body;
  const { idempotencyKey } = parse(SALE, { amountMinor: 1, idempotencyKey: header });
  if (idempotencyKey === undefined || (body.idempotencyKey !== undefined && body.idempotencyKey !== idempotencyKey)) {
    const expected = 'the same key as in the header Idempotency-Key, or none';
    throw new RequestInvalid([{ path: '$.idempotencyKey', found: 'another one', expected }]);
  }
  return { ...body, idempotencyKey };
}

/**
 * The body of POST /v1/sales/{id}/top-up. Whatever is wrong with it, nothing that was sent is repeated: the PIN may stand
 * anywhere, under any name. @throws RequestInvalid
 */
export async function topUpRequest(c: Context): Promise<TopUpCard> {
  const body = await readBody(c);
  try {
    const { serial, pin, ...face } = parse(TOP_UP, body);
    return { ...face, serial: new CardSecret(serial), pin: new CardSecret(pin) };
  } catch (error) {
    throw error instanceof RequestInvalid ? new RequestInvalid(error.faults.map(unquoted)) : error;
  }
}

const unquoted = ({ path, expected }: FieldFault): FieldFault => ({
  path: TOP_UP_FIELDS.has(path) ? path : '$',
  found: 'something else',
  expected,
});
const TOP_UP_FIELDS: ReadonlySet<string> = new Set(['$.operator', '$.amountMinor', '$.serial', '$.pin']);

/** The body of POST /v1/updates/install. @throws RequestInvalid */
export const installRequest = async (c: Context): Promise<v.InferOutput<typeof INSTALL>> => parse(INSTALL, await readBody(c));

/** The body of POST /v1/updates/rollback. @throws RequestInvalid */
export const rollbackRequest = async (c: Context): Promise<v.InferOutput<typeof ROLLBACK>> => parse(ROLLBACK, await readBody(c));

/** The body of POST /v1/keys. @throws RequestInvalid */
export const keyRequest = async (c: Context): Promise<v.InferOutput<typeof KEY>> => parse(KEY, await readBody(c));

/** The body of POST /v1/touch. @throws RequestInvalid */
export const touchRequest = async (c: Context): Promise<v.InferOutput<typeof TOUCH>> => parse(TOUCH, await readBody(c));

/** For requests that carry nothing: no body, or an empty object. @throws RequestInvalid */
export async function emptyRequest(c: Context): Promise<void> {
  const type = c.req.header('content-type');
  if (type === undefined && (await bodyText(c)) === '') return;
  parse(NOTHING, await readBody(c));
}

export const ledgerQuery = (c: Context): LedgerQuery => parse(LEDGER, single(c));

/**
 * Where a stream begins: after the entry its Last-Event-ID names, else after `?after=`, else null: with what comes next.
 * A reconnecting EventSource sends the header and the old query; the header is the newer of the two.
 */
export function streamStart(c: Context): number | null {
  const { after } = parse(STREAM, single(c));
  const last = c.req.header('last-event-id');
  return last ? (parse(STREAM, { after: last }).after ?? null) : (after ?? null);
}

/** A query in which no name comes twice, so that no two readers could understand it differently. */
function single(c: Context): Record<string, string | string[] | undefined> {
  return Object.fromEntries(Object.entries(c.req.queries()).map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

async function readBody(c: Context): Promise<unknown> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new CallerFault('The body must be JSON', {
      code: 'content-type',
      // Only what is a media type by its looks: anything may stand there.
      found: type === undefined ? 'no Content-Type' : (/^[a-z]{1,20}\/[a-z.+-]{1,40}$/.exec(type)?.[0] ?? 'another one'),
      expected: 'the header `Content-Type: application/json`',
    });
  }
  const body = await bodyText(c);
  const fault = jsonFault(body);
  if (!fault) return JSON.parse(body);
  throw new CallerFault('The body is not JSON', {
    code: 'body-not-json',
    found: `something else at line ${fault.line} column ${fault.column}`,
    expected: fault.expected,
  });
}

/** The body as text, read no further than it may be long. Hono's own limit does not work with bodies sent in chunks here. */
async function bodyText(c: Context): Promise<string> {
  if (Number(c.req.header('content-length') ?? 0) > LONGEST_BODY) throw tooLarge();
  const bytes = await bytesWithin(c.req.raw.body, LONGEST_BODY);
  if (bytes === null) throw tooLarge();
  return Buffer.from(bytes).toString('utf8');
}

const tooLarge = () => new CallerFault('The body is too large', { code: 'body-too-large', expected: `at most ${LONGEST_BODY} bytes` });

function parse<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (!result.success) throw new RequestInvalid(fieldFaults(result.issues));
  return result.output;
}
