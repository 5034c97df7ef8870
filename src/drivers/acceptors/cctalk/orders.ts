import { BILL_MODE, HEADER, inhibitMask } from '../../../domain/cash/cctalk/headers.ts';
import type { CashMethod } from '../../../domain/journal.ts';
import type { CcTalkDevice } from './device.ts';
import type { Reports } from './reports.ts';

/** What a device is told to take, and whether it still knows. */
export class Orders {
  readonly #device: CcTalkDevice;
  readonly #reports: Reports;
  readonly #method: CashMethod;
  readonly #positions: readonly number[];
  /** What it was told last; null when it may have forgotten. */
  #told: boolean | null = null;
  /** Whether it has a master inhibit, and tells its mask; null until it was asked. */
  #master: boolean | null = null;
  #tells: boolean | null = null;

  constructor(device: CcTalkDevice, reports: Reports, method: CashMethod, positions: readonly number[]) {
    this.#device = device;
    this.#reports = reports;
    this.#method = method;
    this.#positions = positions;
  }

  /** Everything that a device forgets when it is switched off. It may also be another one now. @throws CannotTalk */
  async begin(enabled: boolean): Promise<void> {
    this.#master = null;
    this.#tells = null;
    await this.#all(enabled);
  }

  /** @throws CannotTalk */
  async obey(enabled: boolean): Promise<void> {
    if (this.#told !== enabled) await this.#tell(enabled);
  }

  /**
   * Whether it still has what it was told: a short dip of its supply makes it forget, and may go unnoticed where the
   * counter was 0. One that cannot say is told again. @throws CannotTalk
   */
  async check(enabled: boolean): Promise<void> {
    const mask = this.#tells === false ? null : await this.#device.askIfKnown(HEADER.requestInhibits);
    this.#tells ??= mask !== null;
    const expected = this.#mask(enabled);
    const forgot = mask !== null && (mask.length !== expected.length || expected.some((byte, i) => mask[i] !== byte));
    if (forgot) await this.#all(enabled);
    else if (mask === null) await this.#tell(enabled);
  }

  async #all(enabled: boolean): Promise<void> {
    if (this.#method === 'bill') await this.#device.askIfKnown(HEADER.billMode, [BILL_MODE]);
    await this.#tell(enabled);
  }

  async #tell(enabled: boolean): Promise<void> {
    this.#told = null;
    const { kind } = await this.#device.ask(HEADER.modifyInhibits, this.#mask(enabled));
    if (kind === 'reply') this.#reports.clear('inhibit-failed');
    else this.#reports.raise('inhibit-failed', `The acceptor does not take what it is told to take (${kind})`);
    const done = kind === 'reply' && (await this.#tellMaster(enabled));
    this.#told = done ? enabled : null;
  }

  /** Some have no master inhibit, and some of these do not even say so; one that has had it has it still. False when it was busy. */
  async #tellMaster(enabled: boolean): Promise<boolean> {
    if (this.#master === false) return true;
    const { kind } = await this.#device.send(HEADER.masterInhibit, [enabled ? 1 : 0]);
    if (kind === 'silent' && this.#master) throw this.#device.silent();
    this.#master = kind === 'reply' || kind === 'busy';
    return kind !== 'busy';
  }

  readonly #mask = (enabled: boolean): readonly number[] => inhibitMask(enabled ? this.#positions : []);
}
