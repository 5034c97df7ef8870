import type { DatabaseSync } from 'node:sqlite';
import { Agent } from 'undici';
import type { BackendClock, BackendLog } from '../environment.ts';
import { integerOf, textOf } from '../store.ts';

/** Keeps what is confidential out of the database. */
export interface BodySeal {
  seal(text: string): string;
  open(sealed: string): string;
}

const IN_CLEAR: BodySeal = { seal: (text) => text, open: (sealed) => sealed };

export interface DeliveriesSide {
  readonly db: DatabaseSync;
  readonly clock: BackendClock;
  readonly log: BackendLog;
  readonly sender: 'payos' | 'thesieutoc';
  readonly contentType: string;
  readonly seal?: BodySeal;
}

/** How a gateway is told of something; by default at once and once. */
export interface Manner {
  readonly copies?: number;
  readonly delayMs?: number;
}

/** Waits after the first, second, … attempt without a 2xx answer, milliseconds; then it is given up. */
export const RETRY_MS = [1_000, 5_000, 30_000, 120_000, 600_000] as const;
const TIMEOUT_MS = 10_000;

/**
 * Webhooks on their way. What is to be sent is kept first; a restart goes on with it (`resume`), so one may arrive again.
 * No redirect is followed.
 */
export class Deliveries {
  readonly #side: DeliveriesSide;
  readonly #seal: BodySeal;
  readonly #agent = new Agent({
    connect: { timeout: TIMEOUT_MS },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: 65_536,
  });
  readonly #timers = new Map<number, () => void>();
  readonly #stopping = new AbortController();

  constructor(side: DeliveriesSide) {
    this.#side = side;
    this.#seal = side.seal ?? IN_CLEAR;
  }

  /** Goes on with what an earlier run left undone. Call it once. */
  resume(): void {
    const { db, sender } = this.#side;
    const rows = db
      .prepare(`SELECT seq, due_at_ms FROM gateway_sim_deliveries WHERE sender = ? AND state = 'waiting' ORDER BY seq`)
      .all(sender);
    for (const row of rows) this.#schedule(integerOf(row, 'seq'), integerOf(row, 'due_at_ms'));
  }

  /** Keeps a message and sends it as `manner` says, each copy until it is answered with 2xx or given up. */
  send(url: string, body: string, { copies = 1, delayMs = 0 }: Manner = {}): void {
    const { db, clock, sender, contentType } = this.#side;
    const dueAtMs = clock.wallMs() + delayMs;
    const insert = db.prepare('INSERT INTO gateway_sim_deliveries (sender, url, content_type, body, due_at_ms) VALUES (?, ?, ?, ?, ?)');
    for (let copy = 0; copy < copies; copy++) {
      const { lastInsertRowid } = insert.run(sender, url, contentType, this.#seal.seal(body), dueAtMs);
      this.#schedule(Number(lastInsertRowid), dueAtMs);
    }
  }

  /** Sends once, keeps nothing. The status of the answer, or null without one. */
  async post(url: string, body: string): Promise<number | null> {
    const deadline = new AbortController();
    const cancel = this.#side.clock.after(TIMEOUT_MS, () => deadline.abort());
    try {
      const { origin, pathname, search } = new URL(url);
      const response = await this.#agent.request({
        origin,
        path: pathname + search,
        method: 'POST',
        headers: { 'content-type': this.#side.contentType },
        body,
        signal: AbortSignal.any([this.#stopping.signal, deadline.signal]),
      });
      response.body.on('error', () => undefined).destroy();
      return response.statusCode;
    } catch {
      // Whatever went wrong, the receiver is not known to have it; the caller tries again and says so in the log.
      return null;
    } finally {
      cancel();
    }
  }

  /** What is under way is left for the next run. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    await this.#agent.destroy();
  }

  #schedule(seq: number, dueAtMs: number): void {
    const { clock, log } = this.#side;
    const cancel = clock.after(Math.max(0, dueAtMs - clock.wallMs()), () => {
      this.#timers.delete(seq);
      // Neither the database nor the seal should fail; if one does, the message waits for the next run.
      this.#attempt(seq).catch((error: Error) => log.error('gateway-sim.failed', { delivery: seq, reason: error.name }));
    });
    this.#timers.set(seq, cancel);
  }

  async #attempt(seq: number): Promise<void> {
    const { db, clock, log, sender } = this.#side;
    const row = db.prepare('SELECT url, body, attempts FROM gateway_sim_deliveries WHERE seq = ?').get(seq);
    if (!row) return;
    const status = await this.post(textOf(row, 'url'), this.#seal.open(textOf(row, 'body')));
    if (this.#stopping.signal.aborted) return;
    const attempts = integerOf(row, 'attempts') + 1;
    const delivered = status !== null && status >= 200 && status < 300;
    const waitMs = delivered ? undefined : RETRY_MS[attempts - 1];
    const state = delivered ? 'delivered' : waitMs === undefined ? 'given-up' : 'waiting';
    const dueAtMs = clock.wallMs() + (waitMs ?? 0);
    db.prepare(
      `UPDATE gateway_sim_deliveries SET state = ?1, attempts = ?2, due_at_ms = ?3, body = iif(?1 = 'waiting', body, '') WHERE seq = ?4`,
    ).run(state, attempts, dueAtMs, seq);
    log[state === 'given-up' ? 'warn' : 'info'](`gateway-sim.${state}`, { sender, delivery: seq, attempts, status });
    if (state === 'waiting') this.#schedule(seq, dueAtMs);
  }
}
