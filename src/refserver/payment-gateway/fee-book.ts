import { PeerFault } from '../../domain/fault.ts';
import type { BackendClock } from '../environment.ts';
import type { UpstreamCalls } from './upstream-call.ts';
import type { CardFee, CardType, TheSieuTocUpstream } from './upstreams.ts';

export interface Fees {
  readonly fees: readonly CardFee[];
  /** When TheSieuToc told them. */
  readonly atMs: number;
}

/** Anybody may ask for the fees: TheSieuToc is not asked every time. */
const FRESH_MS = 300_000;
const MOST_ACCOUNTS = 100;
/** A card that is settled does not wait longer for its percentages. */
const SHORT_MS = 3_000;

/** What TheSieuToc takes, remembered for five minutes; what it told last stands in when it does not answer. */
export class FeeBook {
  readonly #upstream: TheSieuTocUpstream;
  readonly #calls: UpstreamCalls;
  readonly #clock: BackendClock;
  readonly #told = new Map<string, Fees>();

  constructor(upstream: TheSieuTocUpstream, calls: UpstreamCalls, clock: BackendClock) {
    this.#upstream = upstream;
    this.#calls = calls;
    this.#clock = clock;
  }

  /** The fees of an account; null: those of everybody. @throws PeerFault as TheSieuTocUpstream */
  async read(account: string | null, mostMs?: number): Promise<Fees> {
    const key = account ?? '';
    const told = this.#told.get(key);
    const ageMs = this.#clock.wallMs() - (told?.atMs ?? 0);
    if (told && ageMs >= 0 && ageMs < FRESH_MS) return told;
    try {
      const fees = await this.#calls.ask((signal) => this.#upstream.fees(account, signal), mostMs);
      return this.#remember(key, { fees, atMs: this.#clock.wallMs() });
    } catch (error) {
      if (told && error instanceof PeerFault) return told;
      throw error;
    }
  }

  /** What is taken of one kind of card; null when nobody can say now. */
  async of(type: CardType, value: number): Promise<CardFee | null> {
    try {
      const { fees } = await this.read(null, SHORT_MS);
      return fees.find((fee) => fee.type === type && fee.value === value) ?? null;
    } catch (error) {
      if (error instanceof PeerFault) return null;
      throw error;
    }
  }

  #remember(key: string, fees: Fees): Fees {
    this.#told.delete(key);
    this.#told.set(key, fees);
    // The fees of everybody stay, whoever asks for accounts that are none.
    for (const old of this.#told.keys()) if (this.#told.size > MOST_ACCOUNTS && old !== '') this.#told.delete(old);
    return fees;
  }
}
