import { createHash, timingSafeEqual } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Fault } from '../../../domain/fault.ts';
import type { BackendLog } from '../../environment.ts';
import { CARD_STATUS, CARD_TYPES, type CardFee, type CardState, type CardStatus, type CardSubmission } from '../upstreams.ts';
import { CHARGE_CODES, CHARGE_PATH, DISCOUNT_PATH, STATUS_CODES, STATUS_PATH } from './wire.ts';

/** What the HTTP API needs of the simulation. */
export interface SimulatedTheSieuToc {
  submit(card: CardSubmission, signal: AbortSignal): Promise<CardState>;
  status(card: Pick<CardSubmission, 'id'>, signal: AbortSignal): Promise<CardState | null>;
  fees(account: string | null, signal: AbortSignal): Promise<readonly CardFee[]>;
}

const MAX_BODY_BYTES = 8_192;

const CODE_OF: Readonly<Record<CardStatus, string>> = {
  [CARD_STATUS.PENDING]: STATUS_CODES.pending,
  [CARD_STATUS.SUCCESS]: STATUS_CODES.success,
  [CARD_STATUS.FAILED]: STATUS_CODES.failed,
  [CARD_STATUS.WRONG_AMOUNT]: STATUS_CODES.wrongAmount,
};

/** A no comes with status 200: the code in the body says what it is. */
const says = (status: string, msg: string, more: object = {}): Response => Response.json({ status, msg, ...more });

/** TheSieuToc's form API. PIN, serial and key are never in an answer. */
export function simulationRoutes(service: SimulatedTheSieuToc, apiKey: string, log: BackendLog): Hono {
  const app = new Hono();
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => Response.json({ status: CHARGE_CODES.unknownTrouble, msg: 'Lỗi không xác định' }, { status: 413 }),
    }),
  );
  app.onError((error) => errorAnswer(error, log));

  app.post(CHARGE_PATH, async (c) => {
    const form = await formOf(c);
    const stranger = strangerAnswer(form, apiKey);
    if (stranger) return stranger;
    const card = readCard(form);
    if (card instanceof Response) return card;
    const { status, message } = await service.submit(card, c.req.raw.signal);
    // What it has seen before it does not take again, even with the same content.
    if (status !== CARD_STATUS.PENDING) return says(CHARGE_CODES.used, message, { title: 'Thất bại' });
    return says(CHARGE_CODES.accepted, message, { title: 'Thành công', transaction_id: card.id, amount: card.amount });
  });

  app.post(STATUS_PATH, async (c) => {
    const form = await formOf(c);
    const stranger = strangerAnswer(form, apiKey);
    if (stranger) return stranger;
    const state = await service.status({ id: form.get('content') ?? '' }, c.req.raw.signal);
    if (!state) return says(STATUS_CODES.unchecked, 'Lỗi không kiểm tra được');
    return says(CODE_OF[state.status], state.message, state.actualAmount === null ? {} : { amount: state.actualAmount });
  });

  const discounts = async (c: Context): Promise<Response> => {
    const fees = await service.fees(c.req.param('account') ?? null, c.req.raw.signal);
    const lines = CARD_TYPES.map((type) => ({ card_type: type, discount: discountOf(fees.filter((fee) => fee.type === type)) }));
    return Response.json(lines);
  };
  app.get(DISCOUNT_PATH, discounts);
  app.get(`${DISCOUNT_PATH}/:account`, discounts);
  return app;
}

const discountOf = (fees: readonly CardFee[]): Record<string, string> =>
  Object.fromEntries(fees.map(({ value, fees: percent }) => [value, String(percent)]));

const formOf = async (c: Context): Promise<URLSearchParams> => new URLSearchParams(await c.req.text());

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();

/** The answer to whoever has not the right key; null for who has. */
function strangerAnswer(form: URLSearchParams, apiKey: string): Response | null {
  const given = form.get('APIkey') ?? '';
  if (given === '') return says(CHARGE_CODES.noKey, 'Chưa nhập API key');
  return timingSafeEqual(digest(given), digest(apiKey)) ? null : says(CHARGE_CODES.wrongKey, 'Sai thông tin API');
}

/** The card of a form, or the answer that says what is wrong with it. */
function readCard(form: URLSearchParams): CardSubmission | Response {
  const [pin, serial, id] = [form.get('mathe') ?? '', form.get('seri') ?? '', form.get('content') ?? ''];
  const amount = Number(form.get('menhgia'));
  const type = CARD_TYPES.find((known) => known === form.get('type'));
  if (!/^[0-9A-Za-z]{4,20}$/.test(pin)) return says(CHARGE_CODES.noPin, 'Chưa nhập mã thẻ');
  if (!/^[0-9A-Za-z]{4,20}$/.test(serial)) return says(CHARGE_CODES.noSerial, 'Chưa nhập số Seri');
  if (!Number.isSafeInteger(amount) || amount < 10_000 || amount > 10_000_000) return says(CHARGE_CODES.noAmount, 'Chưa chọn mệnh giá');
  if (type === undefined || !/^[\w-]{1,100}$/.test(id)) return says(CHARGE_CODES.unknownTrouble, 'Lỗi không xác định');
  return { id, type, amount, pin, serial };
}

function errorAnswer(error: Error, log: BackendLog): Response {
  const refusal = error instanceof Fault && error.code === 'upstream-refused' ? /^code (-?\w+): (.*)$/.exec(error.found ?? '') : null;
  if (refusal?.[1] !== undefined) return says(refusal[1], refusal[2] ?? '');
  log.error('thesieutoc-sim.error', { reason: error instanceof Fault ? error.code : error.name });
  return Response.json({ status: CHARGE_CODES.unknownTrouble, msg: 'Lỗi không xác định' }, { status: 500 });
}
