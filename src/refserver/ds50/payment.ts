import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { CardSecret } from '../../domain/card.ts';
import { excerpt } from '../../domain/card-data.ts';
import { Fault } from '../../domain/fault.ts';
import { readablePath } from '../../domain/readable-path.ts';
import {
  decodeDetailsRequest,
  decodeSaleRequest,
  encodeDetailsReply,
  encodeSaleReply,
  MAX_BODY_BYTES,
  type SaleRequest,
} from '../../protocols/ds50/codec.ts';
import type { Changes } from '../changes.ts';
import type { BackendClock, BackendLog } from '../environment.ts';
import type { FaultBoard } from '../faults.ts';
import { cut, type HttpEnv, interference, pause } from '../interference.ts';
import { Refusal } from '../refusal.ts';
import { hasApiKey } from './api-key.ts';
import type { Issuer } from './issuer.ts';
import type { Sale, Sales } from './sales.ts';

export interface PaymentSide {
  readonly sales: Sales;
  readonly issuer: Issuer;
  readonly apiKey: string;
  readonly faults: FaultBoard;
  readonly changes: Changes;
  readonly clock: BackendClock;
  readonly log: BackendLog;
  readonly stopping: AbortSignal;
}

/** ISO 8583: the same trace number with another sale under it. */
const DUPLICATE_TRANSMISSION = '94';
const NOT_JSON = '<!doctype html><title>Maintenance</title>';

/** The payment server of the DS50 guide (3.5), under the paths of its parameter template. */
export function paymentRoutes(side: PaymentSide): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(interference(side.faults, side.clock, side.stopping));
  app.use(async (c, next) =>
    hasApiKey((name) => c.req.header(name), side.apiKey) ? next() : says(401, 'The API key is not the right one'),
  );
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => says(413, `The body is larger than ${MAX_BODY_BYTES} bytes`) }));
  app.onError((error) => refusalReply(error, side.log));

  app.post('/request-online-result-pos', async (c) => sell(side, c, decodeSaleRequest(await bytesOf(c), 'THB')));
  app.post('/get-transaction-records-pos', async (c) => {
    const { total, sale } = side.sales.page(decodeDetailsRequest(await bytesOf(c)));
    return json(encodeDetailsReply({ total, records: sale ? [recordOf(sale)] : [] }));
  });
  app.all('*', (c) => says(404, `There is no ${c.req.method} ${readablePath(c.req.path)} here`));
  return app;
}

const bytesOf = async (c: Context): Promise<Uint8Array> => new Uint8Array(await c.req.arrayBuffer());

async function sell(side: PaymentSide, c: Context<HttpEnv>, request: SaleRequest): Promise<Response> {
  const before = side.sales.find(request);
  if (before) {
    side.sales.countDuplicate(request);
    side.changes.tell('ds50');
    side.log.warn('ds50.duplicate-sale', nameOf(request));
  }
  if (before?.recorded) return json(saleReply(isSame(before, request) ? before : contradiction(before)));
  const decision = side.issuer.decide(request.amount.minor);
  const sale = side.sales.keep(request, decision);
  side.changes.tell('ds50');
  side.log.info('ds50.sale', { ...nameOf(request), answer: sale.answer, responseCode: sale.responseCode });
  if (decision.answer === 'no-answer') return cut(c);
  if (decision.answer === 'http-500') return says(500, 'The issuer failed');
  if (decision.answer === 'garbage') return c.html(NOT_JSON);
  if (decision.answer === 'late') await pause(side.clock, decision.ms, side.stopping);
  return json(saleReply(sale));
}

const nameOf = ({ deviceSn, date, batch, trace }: SaleRequest) => ({ device: deviceSn, date, batch, trace });

const isSame = (sale: Sale, { amount, card }: SaleRequest): boolean =>
  sale.amountMinor === amount.minor && sale.maskedPan === card.maskedPan;

const contradiction = (sale: Sale): Sale => ({ ...sale, status: 'declined', authCode: '', responseCode: DUPLICATE_TRANSMISSION });

const saleReply = ({ status, authCode, responseCode }: Sale): Uint8Array =>
  encodeSaleReply({ status, authCode, responseCode, emvData: new CardSecret('') });

/** The amount in cents, as the guide's example of a record has it. */
const recordOf = (sale: Sale) => ({
  status: sale.status,
  authCode: sale.authCode,
  transAmount: String(sale.amountMinor),
  maskedPan: sale.maskedPan,
  org: sale.cardOrg,
  trace: sale.trace,
  batch: sale.batch,
  at: `${sale.date} ${sale.time}`,
});

/** What a box sent wrongly is the box's to correct (400); anything else is ours (500). */
function refusalReply(error: Error, log: BackendLog): Response {
  if (error instanceof Refusal) return says(error.status, error.explain());
  if (error instanceof Fault && (error.blame === 'peer' || error.blame === 'caller')) return says(400, error.explain());
  log.error('backend.error', { reason: error.message });
  return says(500, 'The backend failed; its log says why');
}

const says = (status: number, message: string): Response => Response.json({ message: excerpt(message, 1_000) }, { status });

const json = (body: Uint8Array): Response =>
  new Response(body as Uint8Array<ArrayBuffer>, { headers: { 'content-type': 'application/json' } });
