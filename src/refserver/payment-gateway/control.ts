import { Hono } from 'hono';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { controlBody, controlBodyLimit, demandNothingElse, errorReply, invalid, limitOf } from '../control-request.ts';
import type { BackendClock, BackendLog } from '../environment.ts';
import type { HttpEnv } from '../interference.ts';
import { Refusal } from '../refusal.ts';
import type { PaymentManner } from './payos/simulation.ts';
import type { ReferenceGateway } from './reference.ts';
import type { CallbackManner } from './thesieutoc/simulation.ts';
import type { Verdict } from './thesieutoc/test-cards.ts';

export interface GatewayControlSide {
  /** Null where none was started. */
  readonly gateway: ReferenceGateway | null;
  readonly clock: BackendClock;
  readonly log: BackendLog;
}

const ENDS = ['cancel', 'expire', 'fail', 'process'] as const;
const MOST_DELAY_MS = 600_000;

/** The control API of the gateway: pay its links and decide on its cards, in place of customers and operators. */
export function gatewayControlRoutes({ gateway, clock, log }: GatewayControlSide): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(controlBodyLimit(log));
  app.onError((error) => errorReply(error, log));

  app.get('/', (c) => {
    const limit = limitOf(c);
    const { cards, links } = gateway?.gateway ?? {};
    return c.json({
      url: gateway?.url ?? null,
      simulated: { payos: Boolean(gateway?.payos), thesieutoc: Boolean(gateway?.thesieutoc) },
      links: (links?.list(limit) ?? []).map(({ request, ...order }) => ({ ...order, description: request.description })),
      cards: (cards?.list(limit) ?? []).map((card) => ({ ...card, ...cards?.masked(card.id) })),
      nowMs: clock.wallMs(),
    });
  });

  app.post('/links/:orderCode/pay', async (c) => {
    const { payos, order } = linkOf(gateway, c.req.param('orderCode'));
    const { amount = order.amount - order.amountPaid, ...rest } = await controlBody(c);
    if (typeof amount !== 'number') throw invalid('amount', 'whole VND');
    return c.json({ transfer: payos.pay(order.orderCode, amount, paymentManner(rest)) });
  });
  for (const end of ENDS) {
    app.post(`/links/:orderCode/${end}`, async (c) => {
      const { payos, follow, order } = linkOf(gateway, c.req.param('orderCode'));
      demandNothingElse(await controlBody(c));
      payos[end](order.orderCode);
      // PayOS tells of payments only: the gateway has to ask.
      await follow();
      return c.json({ status: payos.find(order.orderCode)?.status });
    });
  }

  app.post('/cards/:id/decide', async (c) => {
    const { outcome, actualAmount, ...rest } = await controlBody(c);
    const state = operatorOf(gateway).decide(c.req.param('id'), verdictOf(outcome, actualAmount), callbackManner(rest));
    return c.json({ state });
  });
  app.post('/cards/:id/call-again', async (c) => {
    operatorOf(gateway).callAgain(c.req.param('id'), callbackManner(await controlBody(c)));
    return c.json({});
  });
  return app;
}

function linkOf(gateway: ReferenceGateway | null, orderCode: string) {
  const payos = gateway?.payos;
  if (!gateway || !payos) throw notSimulated('PayOS');
  const order = gateway.gateway.links.find(Number(orderCode));
  if (!order) throw new Refusal(404, 'The gateway knows no such order', { code: 'order-unknown' });
  return { payos, order, follow: () => gateway.gateway.follow(order.id) };
}

function operatorOf(gateway: ReferenceGateway | null) {
  if (!gateway?.thesieutoc) throw notSimulated('TheSieuToc');
  return gateway.thesieutoc;
}

const notSimulated = (name: string): Refusal =>
  new Refusal(409, `${name} is not simulated here`, {
    code: 'not-simulated',
    remedy: 'Start the backend with a gateway port, and without the keys of the real service.',
  });

function verdictOf(outcome: JsonValue | undefined, actualAmount: JsonValue | undefined): Verdict {
  if (outcome === 'wrong-amount') {
    if (typeof actualAmount !== 'number') throw invalid('actualAmount', 'whole VND');
    return { outcome, actualAmount };
  }
  if (outcome !== 'success' && outcome !== 'failed') throw invalid('outcome', 'success, failed or wrong-amount');
  if (actualAmount !== undefined) throw invalid('actualAmount', 'not given: only a wrong amount has one');
  return { outcome };
}

function paymentManner({ late, wrongSignature, unknownOrder, ...rest }: JsonObject): PaymentManner {
  return {
    ...callbackManner(rest),
    late: flag('late', late),
    wrongSignature: flag('wrongSignature', wrongSignature),
    unknownOrder: flag('unknownOrder', unknownOrder),
  };
}

function callbackManner({ copies = 1, delayMs = 0, lost, ...rest }: JsonObject): Pick<CallbackManner, 'copies' | 'delayMs' | 'lost'> {
  demandNothingElse(rest);
  return { copies: whole('copies', copies, 1, 10), delayMs: whole('delayMs', delayMs, 0, MOST_DELAY_MS), lost: flag('lost', lost) };
}

function flag(name: string, value: JsonValue = false): boolean {
  if (typeof value !== 'boolean') throw invalid(name, 'true or false');
  return value;
}

function whole(name: string, value: JsonValue, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(name, `a whole number from ${least} to ${most}`);
}
