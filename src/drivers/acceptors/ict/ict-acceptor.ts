import type { BoardIctAcceptor } from '../../../domain/board.ts';
import { ICT_HOST, ICT_SECOND_BYTE_MS, IctDecoder, type IctMessage } from '../../../domain/cash/ict.ts';
import { ICT_LIMITS_MS, type IctAct, IctEscrow, type IctNote, type IctPhase } from '../../../domain/cash/ict-escrow.ts';
import { DeviceFault } from '../../../domain/fault.ts';
import type { Acceptor, AcceptorEvent, Escrow } from '../../../ports/acceptor.ts';
import type { Cancel, Clock } from '../../../ports/clock.ts';
import type { SerialLink, SerialLinkSettings } from '../../serial/serial-link.ts';
import { StandingLink } from './standing-link.ts';
import { Troubles } from './troubles.ts';

/** Even parity, and a byte that arrives with a wrong one is read as 0, which means nothing here: one flipped bit makes no credit. */
export const ICT_LINE: Omit<SerialLinkSettings, 'path'> = { baud: 9_600, parity: 'even' };

export interface IctBillAcceptorOptions {
  readonly entry: BoardIctAcceptor;
  /** The port of the entry, set as `ICT_LINE` says. */
  readonly link: SerialLink;
  readonly clock: Clock;
  /** Unique for ever, such as the boot's id: pieces are `<boot>.<acceptor>.<n>`, so one boot makes one acceptor of a name. */
  readonly boot: string;
}

/** The device gives a held note back after 5 s without an answer: so often, one answer may be lost. */
const HOLD_MS = 2_000;
const POLL_MS = 1_000;
/** Unanswered polls after which the device counts as silent, is reset, and its port is opened anew. */
const SILENT_AFTER = 3;
const RESET_AFTER = 6;
const RENEW_AFTER = 12;
/** How long a stop waits for the outcome of a note; the whole box stops within 4.5 s. */
const STOP_MS = 2_000;
const QUIET: readonly IctPhase[] = ['empty', 'parked'];
/** The device is moving a note, and is not asked what it does. */
const UNDER_WAY: readonly IctPhase[] = ['told', 'stacking', 'returning', 'refusing'];

/**
 * A bill acceptor that speaks the ICT protocol on a serial port. It keeps no count of its notes: what it did while nobody
 * listened it never says, and a note that it still held then is given back. Fault events: those of the device (ict.ts),
 * `acceptor-silent`, those of the port (`serial-…`), `line-noise`, `inhibit-failed`.
 */
export function ictBillAcceptor(options: IctBillAcceptorOptions): Acceptor {
  return new IctBillAcceptor(options);
}

class IctBillAcceptor implements Acceptor {
  readonly name: string;
  readonly method: BoardIctAcceptor['method'];
  readonly escrow: Escrow;
  readonly #options: IctBillAcceptorOptions;
  readonly #link: StandingLink;
  readonly #troubles: Troubles;
  #onEvent: ((event: AcceptorEvent) => void) | null = null;
  #decoder = new IctDecoder();
  #notes = new IctEscrow();
  #pieces = 0;
  #wanted = false;
  /** What the device was told last, null when it is not known that it still knows. */
  #told: boolean | null = null;
  /** Whether it was asked since: only then does its answer say whether it has obeyed. */
  #asked = false;
  #unanswered = 0;
  #tick: Cancel | null = null;
  #lull: Cancel | null = null;
  #limit: { readonly of: string; readonly cancel: Cancel } | null = null;
  /** What looks whether something has come true that somebody waits for. */
  readonly #waiting = new Set<() => void>();

  constructor(options: IctBillAcceptorOptions) {
    const { entry, link, clock } = options;
    this.#options = options;
    this.name = entry.name;
    this.method = entry.method;
    this.#troubles = new Troubles(clock, (event) => this.#say(event));
    this.#link = new StandingLink(link, clock, {
      opened: () => this.#opened(),
      bytes: (bytes) => this.#heard(bytes),
      down: (fault) => this.#down(fault),
    });
    this.escrow = {
      stack: (piece) => this.#do(this.#notes.decide('stack', piece)),
      giveBack: (piece) => this.#do(this.#notes.decide('give-back', piece)),
    };
  }

  async start(onEvent: (event: AcceptorEvent) => void): Promise<void> {
    this.#onEvent = onEvent;
    this.#notes = new IctEscrow();
    this.#wanted = false;
    const known = this.#until(() => this.#troubles.away || this.#notes.phase !== 'asking' || this.#onEvent === null);
    this.#link.start();
    await known;
  }

  async enable(): Promise<void> {
    this.#wanted = true;
    await this.#obey();
  }

  async disable(): Promise<void> {
    this.#wanted = false;
    await this.#obey();
  }

  busy(): boolean {
    // Also with a note of the time before, which goes back or is still being stacked.
    return this.#notes.note !== null || (this.#link.open && this.#notes.phase === 'refusing');
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    try {
      const piece = this.#notes.note?.piece;
      if (piece !== undefined) this.#do(this.#notes.decide('give-back', piece)).catch(lineSaysIt);
      if (this.#link.open) await this.#until(() => this.#notes.note === null && this.#notes.phase !== 'refusing', STOP_MS);
      void this.#do(this.#notes.abandon());
    } finally {
      if (this.#link.open && this.#told !== false) this.#send(ICT_HOST.disable);
      await this.#link.stop();
      for (const cancel of [this.#tick, this.#lull, this.#limit?.cancel]) cancel?.();
      this.#limit = null;
      this.#troubles.stop();
      this.#onEvent = null;
      this.#changed();
    }
  }

  #opened(): void {
    this.#decoder = new IctDecoder();
    this.#unanswered = 0;
    this.#told = null;
    this.#poll();
  }

  #down(fault: DeviceFault): void {
    this.#tick?.();
    this.#lull?.();
    this.#troubles.wentAway(fault);
    void this.#do(this.#notes.cut());
  }

  #heard(bytes: Uint8Array): void {
    this.#lull?.();
    this.#lull = null;
    for (const byte of bytes) this.#take(this.#decoder.byte(byte));
    if (this.#decoder.open) this.#lull = this.#options.clock.after(ICT_SECOND_BYTE_MS, () => this.#take(this.#decoder.lull()));
  }

  #take(messages: readonly IctMessage[]): void {
    for (const message of messages) {
      if (message.kind !== 'noise') {
        this.#unanswered = 0;
        this.#link.answered();
        this.#troubles.answered();
      }
      this.#notice(message);
      this.#do(this.#notes.hear(message, (channel) => this.#note(channel))).catch(lineSaysIt);
    }
  }

  /** What a message says besides what it means for a note. */
  #notice(message: IctMessage): void {
    switch (message.kind) {
      case 'power-up':
        this.#told = null;
        break;
      case 'status':
        if (message.state === 'busy') break;
        this.#troubles.well();
        this.#compare(message.state === 'enabled');
        break;
      case 'cleared':
        this.#troubles.well();
        break;
      case 'error':
        this.#troubles.reported(message.code, message.detail);
        break;
      case 'refused':
        this.#troubles.rejected('a note that is not good enough');
        break;
      case 'noise':
        this.#troubles.rejected(`noise 0x${message.byte.toString(16).padStart(2, '0')}`);
        break;
    }
  }

  /** Whether the device does what it was told; it is told again until it does. */
  #compare(enabled: boolean): void {
    if (!this.#asked || this.#told === null || !QUIET.includes(this.#notes.phase)) return;
    this.#troubles.obeyed(this.#told ? 'enable' : 'disable', enabled === this.#told);
    if (enabled !== this.#told) this.#told = null;
  }

  #note(channel: number): IctNote | null {
    const { denominations } = this.#options.entry;
    const key = String(channel);
    const amountMinor = Object.hasOwn(denominations, key) ? denominations[key] : undefined;
    return amountMinor === undefined ? null : { piece: this.#newPiece(), channel, amountMinor };
  }

  readonly #newPiece = (): string => `${this.#options.boot}.${this.name}.${++this.#pieces}`;

  /** Sends and says what the way of a note asks for; rejects when something could not be sent. */
  #do(acts: readonly IctAct[]): Promise<void> {
    const sent: Promise<void>[] = [];
    for (const act of acts) {
      if (act.kind === 'send') sent.push(this.#link.write(act.byte));
      else if (act.kind === 'rejected') this.#troubles.rejected(act.reason);
      else this.#say(eventOf(act, this.#newPiece));
    }
    this.#follow();
    return Promise.all(sent).then(() => undefined);
  }

  /** Sets the clocks for the phase that it is in now, and does what has waited for it. */
  #follow(): void {
    const { phase, note } = this.#notes;
    const of = `${phase} ${note?.piece ?? ''}`;
    if (this.#limit?.of !== of) {
      this.#limit?.cancel();
      const ms = ICT_LIMITS_MS[phase];
      const overdue = () => {
        this.#do(this.#notes.overdue()).catch(lineSaysIt);
      };
      this.#limit = { of, cancel: ms === undefined ? () => undefined : this.#options.clock.after(ms, overdue) };
      if (this.#link.open && this.#notes.phase === 'held') this.#wait(HOLD_MS);
    }
    void this.#obey();
    this.#changed();
  }

  /** Tells the device what is wanted, unless it knows. Not while a note is under way: an answer about that is what it waits for. */
  async #obey(): Promise<void> {
    if (!this.#link.open || this.#told === this.#wanted || !QUIET.includes(this.#notes.phase)) return;
    this.#told = this.#wanted;
    this.#asked = false;
    await this.#link.write(this.#wanted ? ICT_HOST.enable : ICT_HOST.disable).catch(lineSaysIt);
  }

  #wait(ms: number): void {
    this.#tick?.();
    this.#tick = this.#options.clock.after(ms, () => {
      const { phase } = this.#notes;
      if (phase === 'held') {
        this.#send(ICT_HOST.hold);
        this.#wait(HOLD_MS);
      } else if (UNDER_WAY.includes(phase)) this.#wait(POLL_MS);
      else this.#poll();
    });
  }

  #poll(): void {
    const silent = () => new DeviceFault('The bill acceptor does not answer', { code: 'acceptor-silent', found: this.#options.link.path });
    if (this.#unanswered === SILENT_AFTER) {
      this.#troubles.wentAway(silent());
      this.#changed();
    }
    if (this.#unanswered === RESET_AFTER && this.#notes.phase !== 'doubtful') this.#send(ICT_HOST.reset);
    if (this.#unanswered >= RENEW_AFTER) {
      this.#link.renew(silent());
      return;
    }
    this.#unanswered++;
    this.#asked = true;
    this.#send(ICT_HOST.status);
    this.#wait(POLL_MS);
  }

  #send(byte: number): void {
    this.#link.write(byte).catch(lineSaysIt);
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves when something has come true, or after `ms`. */
  #until(done: () => boolean, ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel?.();
        this.#waiting.delete(look);
        resolve();
      };
      const look = () => {
        if (done()) end();
      };
      const cancel = ms === undefined ? null : this.#options.clock.after(ms, end);
      this.#waiting.add(look);
      look();
    });
  }

  #say(event: AcceptorEvent): void {
    this.#onEvent?.(event);
  }
}

/** A byte that could not be sent needs no word of its own: the link then says that it is gone. */
const lineSaysIt = (): void => undefined;

function eventOf(act: Exclude<IctAct, { kind: 'send' | 'rejected' }>, newPiece: () => string): AcceptorEvent {
  if (act.kind === 'credited') return { ...act, train: act.piece };
  if (act.kind !== 'unassigned') return act;
  const { piece } = act;
  const what = { kind: 'unassigned', pulses: 1, widthsMs: [] } as const;
  return piece === null ? { ...what, train: newPiece() } : { ...what, train: piece, piece };
}
