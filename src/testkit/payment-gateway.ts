import type { DatabaseSync } from 'node:sqlite';
import type { BackendLog } from '../refserver/environment.ts';
import { createPaymentGateway, type PaymentGateway } from '../refserver/payment-gateway/gateway.ts';
import { DEFAULT_GATEWAY_SETTINGS, type PaymentGatewaySettings, REFERENCE_GATEWAY } from '../refserver/payment-gateway/settings.ts';
import type { LinkNotice } from '../refserver/payment-gateway/upstreams.ts';
import { openBackendDatabase } from '../refserver/store.ts';
import { FakeClock, settle } from './clock.ts';
import { seededEntropy } from './entropy.ts';
import { ScriptedPayOs, ScriptedTheSieuToc } from './scripted-upstreams.ts';

/** The time in the document's examples. */
export const GATEWAY_EXAMPLES_BEGIN = Date.UTC(2026, 1, 1, 15);
export const GATEWAY_KEY = { 'x-api-key': REFERENCE_GATEWAY.key } as const;
/** The document's card, field by field. Nobody has it. */
export const EXAMPLE_CARD = {
  username: 'user123',
  card_type: 'Viettel',
  card_amount: '50000',
  pin: '1234567890123',
  serial: '100012345678',
} as const;
export const EXAMPLE_CHECKOUT = { amount: 50_000, description: 'Thanh toan don hang 123', orderCode: 123_456 } as const;

export interface TestGatewayOptions {
  readonly stateFile?: string;
  readonly settings?: Partial<PaymentGatewaySettings>;
  /** Keeps those of an earlier gateway. */
  readonly from?: Pick<TestGateway, 'clock' | 'payos' | 'thesieutoc'>;
}

export interface GatewayReply {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  readonly body: any;
  readonly headers: Headers;
}

export interface TestGateway {
  readonly gateway: PaymentGateway;
  readonly db: DatabaseSync;
  readonly clock: FakeClock;
  readonly payos: ScriptedPayOs;
  readonly thesieutoc: ScriptedTheSieuToc;
  /** Every line logged, as JSON. */
  readonly logged: string[];
  /** Every body answered. */
  readonly replied: string[];
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<GatewayReply>;
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<GatewayReply>;
  send(path: string, init: RequestInit): Promise<GatewayReply>;
  /** A form, as TheSieuToc sends it. */
  form(path: string, fields: Readonly<Record<string, string>>): Promise<GatewayReply>;
  /** A transfer PayOS tells of. */
  transfer(notice: Partial<LinkNotice>, signature?: string): Promise<GatewayReply>;
  /** Moves the clock, and lets what that starts end. */
  pass(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** More than any test asks for in a minute, so that only tests of the limits meet them. */
export const NO_LIMITS = { write: 1e6, read: 1e6, callback: 1e6 } as const;

/** A gateway over scripted services. */
export function testGateway({ stateFile = ':memory:', settings = {}, from }: TestGatewayOptions = {}): TestGateway {
  const clock = from?.clock ?? new FakeClock(GATEWAY_EXAMPLES_BEGIN);
  const payos = from?.payos ?? new ScriptedPayOs(clock);
  const thesieutoc = from?.thesieutoc ?? new ScriptedTheSieuToc();
  const logged: string[] = [];
  const replied: string[] = [];
  const line = (event: string, fields = {}) => void logged.push(JSON.stringify({ event, ...fields }));
  const log: BackendLog = { info: line, warn: line, error: line };
  const db = openBackendDatabase(stateFile);
  const gateway = createPaymentGateway({
    db,
    settings: { ...DEFAULT_GATEWAY_SETTINGS, dataKey: new Uint8Array(32).fill(7), limits: NO_LIMITS, ...settings },
    upstreams: { payos, thesieutoc },
    clock,
    entropy: seededEntropy(clock.wallMs()),
    log,
  });
  const send = async (path: string, init: RequestInit): Promise<GatewayReply> => {
    const response = await gateway.app.request(path, init);
    const text = await response.text();
    replied.push(text);
    return { status: response.status, text, body: text === '' ? null : JSON.parse(text), headers: response.headers };
  };
  const post: TestGateway['post'] = (path, body = {}, headers = GATEWAY_KEY) =>
    send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  let open = true;
  return {
    gateway,
    db,
    clock,
    payos,
    thesieutoc,
    logged,
    replied,
    send,
    post,
    get: (path, headers = GATEWAY_KEY) => send(path, { headers }),
    form: (path, fields) => send(path, { method: 'POST', body: new URLSearchParams(fields) }),
    transfer: (notice, signature = 'right') => {
      const { orderCode = EXAMPLE_CHECKOUT.orderCode } = notice;
      const full = {
        orderCode,
        paymentLinkId: `link${orderCode}`,
        amount: EXAMPLE_CHECKOUT.amount,
        reference: 'FT123456789',
        atMs: clock.wallMs(),
        ...notice,
      };
      return post('/api/payos/callback', { notice: full, signature }, {});
    },
    pass: async (ms) => {
      // What was asked just now is on its way first.
      await settle();
      for (let left = ms; left > 0; left -= 5_000) {
        clock.advance(Math.min(left, 5_000));
        await settle();
      }
    },
    stop: async () => {
      if (!open) return;
      open = false;
      await gateway.stop();
      db.close();
    },
  };
}
