import type { KioskAction } from '../domain/kiosk.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { KioskGateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';

export interface KioskTalkOptions {
  readonly gateway: KioskGateway;
  readonly clock: Clock;
  readonly log: Log;
  /** How long the backend may take to answer, milliseconds. */
  readonly answerMs: number;
  /** The box itself is what is waited for: a ticket is being printed. */
  readonly busy: () => boolean;
}

/** No result and no ticket takes longer: then the backend is asked for its screen anew. */
const STALLED_MS = 120_000;

/** Tells the backend what was chosen, and asks for its screen anew, by connecting anew, when it says nothing. */
export class KioskTalk {
  readonly #o: KioskTalkOptions;
  #waiting = false;
  /** The box has spoken of its own accord over this connection: what is answered with the same screen is not said for ever. */
  #saidAgain = false;
  #cancelTimer: Cancel | null = null;

  constructor(options: KioskTalkOptions) {
    this.#o = options;
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  /** Whether a choice is with the backend: another one would be a second. */
  waiting(): boolean {
    return this.#waiting;
  }

  disconnected(): void {
    this.#saidAgain = false;
    this.answered();
  }

  /** Tells the backend, and gives it time to answer. What could not be sent is chosen again, or sent when the backend resumes the transaction. */
  say(action: KioskAction, transaction: string): void {
    const { gateway, log } = this.#o;
    const sent = gateway.send(action, transaction);
    log.info('kiosk.said', { action: action.action, transaction, sent });
    this.answered();
    if (sent) this.#awaitAnswer();
  }

  /** Says what was said before, or would have been, once a connection. */
  sayAgain(action: KioskAction, transaction: string): void {
    if (this.#saidAgain) this.#awaitAnswer();
    else this.say(action, transaction);
    this.#saidAgain = true;
  }

  answered(): void {
    this.#waiting = false;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  /** What the backend said could not be kept: it is to say it again, in a while. */
  askAgain(): void {
    const { gateway, clock, answerMs } = this.#o;
    this.answered();
    this.#cancelTimer = clock.after(answerMs, () => gateway.reconnect());
  }

  /** Nobody at the box can end what is shown now: a backend that forgets to is asked for its screen anew, unless it will be sooner. */
  awaitNext(): void {
    const { clock, gateway, busy } = this.#o;
    this.#cancelTimer ??= clock.after(STALLED_MS, () => {
      this.#cancelTimer = null;
      if (busy()) this.awaitNext();
      else gateway.reconnect();
    });
  }

  #awaitAnswer(): void {
    this.askAgain();
    this.#waiting = true;
  }
}
