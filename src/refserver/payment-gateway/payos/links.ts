import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { money } from '../../../domain/money.ts';
import { buildVietQr } from '../../../domain/qr/build.ts';
import { type BackendClock, type BackendEntropy, randomText } from '../../environment.ts';
import { integerOf, integerOrNull, textOf, textOrNull } from '../../store.ts';
import type { LinkRequest, LinkState, LinkStatus, LinkTransfer } from '../upstreams.ts';

/** The merchant's bank account. Synthetic: nobody has it. */
export const SIMULATED_ACCOUNT = { bin: '970422', accountNumber: '0000000000001', accountName: 'CONG TY TILLD TEST' } as const;

/** A link as the simulated PayOS knows it. */
export interface SimulatedLink extends LinkState {
  readonly description: string;
  readonly qrCode: string;
  readonly expiresAtMs: number;
  readonly cancelledAtMs: number | null;
  readonly cancellationReason: string | null;
}

/** The part of a request a link is made from. */
export type LinkTerms = Pick<LinkRequest, 'orderCode' | 'amount' | 'description' | 'expiresAtMs'>;

/** The payment links and the transfers to them. */
export class Links {
  readonly #db: DatabaseSync;
  readonly #clock: BackendClock;
  readonly #entropy: BackendEntropy;

  constructor(db: DatabaseSync, clock: BackendClock, entropy: BackendEntropy) {
    this.#db = db;
    this.#clock = clock;
    this.#entropy = entropy;
  }

  /** Null when there already is a link of this order. @throws CallerFault `amount-invalid`, `qr-build` */
  create({ orderCode, amount, description, expiresAtMs }: LinkTerms): SimulatedLink | null {
    const { changes } = this.#db
      .prepare(
        `INSERT INTO payos_sim_links (order_code, link_id, amount, description, qr_code, created_at_ms, expires_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (order_code) DO NOTHING`,
      )
      .run(
        orderCode,
        randomText(this.#entropy, '0123456789abcdef', 32),
        amount,
        description,
        linkQr(amount, description),
        this.#clock.wallMs(),
        expiresAtMs,
      );
    return changes === 0 ? null : this.find(orderCode);
  }

  /** By its order code or its own id. */
  find(id: number | string): SimulatedLink | null {
    const row = this.#db.prepare(`SELECT * FROM payos_sim_links WHERE ${typeof id === 'number' ? 'order_code' : 'link_id'} = ?`).get(id);
    return row ? this.#toLink(row) : null;
  }

  /** The latest first, at most `limit`. */
  list(limit: number): SimulatedLink[] {
    const rows = this.#db.prepare('SELECT * FROM payos_sim_links ORDER BY created_at_ms DESC, order_code DESC LIMIT ?').all(limit);
    return rows.map((row) => this.#toLink(row));
  }

  /** Keeps a transfer of `amount` to a link. */
  transfer({ orderCode, description }: SimulatedLink, amount: number): LinkTransfer {
    const reference = `FT${randomText(this.#entropy, '0123456789', 14)}`;
    const atMs = this.#clock.wallMs();
    this.#db
      .prepare('INSERT INTO payos_sim_transfers (order_code, reference, amount, description, at_ms) VALUES (?, ?, ?, ?, ?)')
      .run(orderCode, reference, amount, description, atMs);
    return { reference, amount, accountNumber: SIMULATED_ACCOUNT.accountNumber, description, atMs };
  }

  set(orderCode: number, state: 'PROCESSING' | 'FAILED'): void {
    this.#db.prepare('UPDATE payos_sim_links SET state = ? WHERE order_code = ?').run(state, orderCode);
  }

  cancel(orderCode: number, reason: string): void {
    this.#db
      .prepare(`UPDATE payos_sim_links SET state = 'CANCELLED', cancelled_at_ms = ?, cancellation_reason = ? WHERE order_code = ?`)
      .run(this.#clock.wallMs(), reason === '' ? null : reason, orderCode);
  }

  /** From now on it is expired. */
  expire(orderCode: number): void {
    this.#db.prepare('UPDATE payos_sim_links SET expires_at_ms = ? WHERE order_code = ?').run(this.#clock.wallMs(), orderCode);
  }

  /** Where webhooks go; null when nobody has said it. */
  webhookUrl(): string | null {
    const row = this.#db.prepare('SELECT url FROM payos_sim_webhook').get();
    return row ? textOf(row, 'url') : null;
  }

  setWebhookUrl(url: string): void {
    this.#db.prepare('INSERT INTO payos_sim_webhook (id, url) VALUES (1, ?) ON CONFLICT DO UPDATE SET url = excluded.url').run(url);
  }

  #toLink(row: Record<string, SQLOutputValue>): SimulatedLink {
    const orderCode = integerOf(row, 'order_code');
    const transfers = this.#db
      .prepare('SELECT * FROM payos_sim_transfers WHERE order_code = ? ORDER BY seq')
      .all(orderCode)
      .map(toTransfer);
    const amount = integerOf(row, 'amount');
    const expiresAtMs = integerOf(row, 'expires_at_ms');
    const amountPaid = transfers.reduce((sum, transfer) => sum + transfer.amount, 0);
    const state = textOf(row, 'state') as 'PENDING' | 'PROCESSING' | 'CANCELLED' | 'FAILED';
    return {
      orderCode,
      paymentLinkId: textOf(row, 'link_id'),
      amount,
      amountPaid,
      amountRemaining: Math.max(0, amount - amountPaid),
      status: statusOf(state, amount, amountPaid, this.#clock.wallMs() >= expiresAtMs),
      createdAtMs: integerOf(row, 'created_at_ms'),
      transfers,
      description: textOf(row, 'description'),
      qrCode: textOf(row, 'qr_code'),
      expiresAtMs,
      cancelledAtMs: integerOrNull(row, 'cancelled_at_ms'),
      cancellationReason: textOrNull(row, 'cancellation_reason'),
    };
  }
}

/** All of the money makes any link PAID; a part of it keeps an open one from expiring. EXPIRED is not stored. */
function statusOf(state: LinkStatus, amount: number, paid: number, over: boolean): LinkStatus {
  if (paid >= amount) return 'PAID';
  if (state === 'CANCELLED' || state === 'FAILED') return state;
  if (paid > 0) return 'UNDERPAID';
  return over ? 'EXPIRED' : state;
}

/** The VietQR of a link: exactly `amount`, to the account, with the description as what the transfer is for. */
function linkQr(amount: number, description: string): string {
  const { bin, accountNumber, accountName } = SIMULATED_ACCOUNT;
  return buildVietQr({
    to: { kind: 'account', bin, id: accountNumber },
    amount: money(amount, 'VND', 1),
    purpose: asciiText(description) || accountName,
  });
}

/** As banks want it: "Thanh toán đơn" becomes "Thanh toan don". */
const asciiText = (text: string): string =>
  text
    .normalize('NFD')
    .replaceAll('đ', 'd')
    .replaceAll('Đ', 'D')
    .replaceAll(/[^ -~]/g, '')
    .trim();

const toTransfer = (row: Record<string, SQLOutputValue>): LinkTransfer => ({
  reference: textOf(row, 'reference'),
  amount: integerOf(row, 'amount'),
  accountNumber: SIMULATED_ACCOUNT.accountNumber,
  description: textOf(row, 'description'),
  atMs: integerOf(row, 'at_ms'),
});
