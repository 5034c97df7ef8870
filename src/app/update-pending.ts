import type { PackageOffer, PackageType, UpdateJob, UpdateStatusName } from '../domain/ota/update.ts';
import type { Store } from '../ports/store.ts';
import type { UpdateReports } from './update-reports.ts';

const FACTS: Readonly<Record<PackageType, string>> = { AP: 'update.pending.AP', CUST: 'update.pending.CUST' };

/** What an offer is for, by its file name; the name is checked when it is taken up. */
export const typeOf = ({ name }: Pick<PackageOffer, 'name'>): PackageType => (name.startsWith('AP_') ? 'AP' : 'CUST');

/** Instructions that wait for their turn, over restarts: one for firmware, one for resources, the newest of each. */
export class PendingOffers {
  readonly #store: Store;
  readonly #reports: UpdateReports;

  constructor(store: Store, reports: UpdateReports) {
    this.#store = store;
    this.#reports = reports;
  }

  /** Keeps an offer; the TMS is told of it, and of the one whose place it takes. @throws StoreFault */
  keep(offer: PackageOffer): void {
    const fact = FACTS[typeOf(offer)];
    const before = this.#read(fact);
    if (before && before.deployment !== offer.deployment) this.#reports.report(before.deployment, 'UPGRADE_FAIL', 0, 'ota-superseded');
    this.#reports.report(offer.deployment, 'HAVE_UPDATE', 0, '', { facts: { [fact]: JSON.stringify(offer) } });
  }

  /** Resources before firmware: they need no restart. */
  next(): PackageOffer | null {
    return this.#read(FACTS.CUST) ?? this.#read(FACTS.AP);
  }

  /** Whether a newer offer makes a download that is under way pointless. */
  overtakes({ phase, offer }: UpdateJob): boolean {
    const newer = this.#read(FACTS[typeOf(offer)]);
    return phase === 'downloading' && newer !== null && newer.sha256 !== offer.sha256;
  }

  /** The offer was begun or refused; one that came meanwhile stays. @throws StoreFault */
  taken(offer: PackageOffer, status: UpdateStatusName, progress: number, reason: string): void {
    const fact = FACTS[typeOf(offer)];
    const still = this.#store.fact(fact) === JSON.stringify(offer);
    this.#reports.report(offer.deployment, status, progress, reason, still ? { facts: { [fact]: null } } : {});
  }

  #read(fact: string): PackageOffer | null {
    const text = this.#store.fact(fact);
    return text === null ? null : (JSON.parse(text) as PackageOffer);
  }
}
