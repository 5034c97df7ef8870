import {
  decodeEventList,
  encodeMark,
  type Mark,
  type News,
  newsOf,
  type ReadSoFar,
  readOn,
  sameList,
} from '../../../domain/cash/cctalk/event-list.ts';
import { HEADER } from '../../../domain/cash/cctalk/headers.ts';
import type { CashMethod } from '../../../domain/journal.ts';
import type { CcTalkDevice } from './device.ts';
import type { Pieces } from './pieces.ts';
import type { Reports } from './reports.ts';

/** What is odd is read so often until it says the same twice. */
const TRIES = 4;
/** Readings in a row that brought nothing which can be used, before somebody should know. */
const ODD_MOST = 10;

/** How far a device is read, and the telling of what is new. */
export class Reading {
  readonly #device: CcTalkDevice;
  readonly #reports: Reports;
  readonly #pieces: Pieces;
  readonly #header: number;
  readonly #sayMark: (mark: string) => void;
  /** Null before the first reading ever. */
  #read: Mark | null = null;
  #markSaid: string | null = null;
  #odd = 0;

  constructor(device: CcTalkDevice, reports: Reports, pieces: Pieces, method: CashMethod, sayMark: (mark: string) => void) {
    this.#device = device;
    this.#reports = reports;
    this.#pieces = pieces;
    this.#header = method === 'coin' ? HEADER.readCoins : HEADER.readBills;
    this.#sayMark = sayMark;
  }

  get last(): ReadSoFar | null {
    return this.#read;
  }

  /** Goes on from where it was read to by an earlier run. */
  goOnFrom(mark: Mark | null): void {
    this.#read = mark;
    this.#markSaid = mark && encodeMark(mark);
  }

  /** Whose list is going to be read; another one's than before begins anew. */
  of(serial: string | null): void {
    const known = this.#read?.serial ?? null;
    if (known !== null && serial !== null && known !== serial) this.#read = null;
    else if (this.#read) this.#read = { ...this.#read, serial: known ?? serial };
  }

  /**
   * Reads the list and tells what is new. `offer`: a bill that is held is offered. @throws CannotTalk
   * @returns null when nothing could be read
   */
  async next(serial: string | null, offer: boolean): Promise<{ readonly restarted: boolean } | null> {
    let list = await this.#list();
    for (let left = TRIES; list !== null && left > 0; left--) {
      const news = this.#read && newsOf(list, this.#read);
      // It may be a frame that noise has changed without its checksum.
      const again = news && !news.doubtful ? list : await this.#list();
      if (again !== null && sameList(list, again)) {
        if (news) this.#tell(list, news, offer);
        else this.#begin({ ...list, serial });
        return { restarted: news?.restarted ?? true };
      }
      list = again;
    }
    return null;
  }

  async #list(): Promise<ReadSoFar | null> {
    const answer = await this.#device.ask(this.#header);
    const list = answer.kind === 'reply' ? decodeEventList(answer.data) : null;
    if (list) {
      this.#odd = 0;
      this.#reports.clear('acceptor-unreadable');
    } else if (++this.#odd >= ODD_MOST) {
      const detail = `The acceptor at address ${this.#device.address} answers, but not with its events (${answer.kind}): check address and kind`;
      this.#reports.raise('acceptor-unreadable', detail);
    }
    return list;
  }

  /** What a device has listed that this box never knew is not this box's. */
  #begin(list: Mark): void {
    const mark = this.#at(list, list.serial);
    this.#reports.restarted();
    this.#pieces.restarted(mark);
    this.#close(mark);
  }

  #tell(list: ReadSoFar, { fresh, lost, restarted, from }: News, offer: boolean): void {
    const serial = this.#read?.serial ?? null;
    if (restarted) {
      this.#reports.restarted();
      this.#pieces.restarted(this.#at({ counter: 0, events: [] }, serial));
    }
    if (lost > 0) {
      this.#reports.lost(lost);
      this.#pieces.lost(lost, this.#at(from, serial));
    }
    let read = from;
    for (const [i, event] of fresh.entries()) {
      const newest = i === fresh.length - 1;
      read = newest ? list : readOn(read, event);
      const mark = this.#at(read, serial);
      if (this.#pieces.take(event, read, mark, newest && offer)) this.#markSaid = mark;
    }
    this.#close(this.#at(list, serial));
  }

  /** Notes how far it is read before that is told, so that a listener's failure makes nothing be told twice. */
  #at({ counter, events }: ReadSoFar, serial: string | null): string {
    this.#read = { counter, events, serial };
    return encodeMark(this.#read);
  }

  #close(mark: string): void {
    if (this.#markSaid === mark) return;
    this.#markSaid = mark;
    this.#sayMark(mark);
  }
}
