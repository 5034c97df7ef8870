import type { BoardDelivery } from '../domain/board.ts';
import type { ActResult, Drive } from '../domain/journal.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Gpio } from '../ports/gpio.ts';
import type { Log } from '../ports/log.ts';
import type { HealthService } from './health.ts';
import type { TillService } from './till.ts';

export interface ActuateOptions {
  readonly till: TillService;
  readonly gpio: Gpio;
  readonly clock: Clock;
  readonly log: Log;
  readonly health: HealthService;
  readonly delivery: BoardDelivery | null;
}

interface Outcome {
  readonly result: ActResult;
  readonly reason: string;
}

interface Answer {
  /** False when none came in time, or nobody waits any longer. */
  readonly seen: Promise<boolean>;
  /** Whether one could not have been missed. */
  watched(): Promise<boolean>;
  readonly cancel: Cancel;
}

const CUT_SHORT: Outcome = { result: 'indeterminate', reason: 'the box was stopped while the output was driven' };

/**
 * Drives the machine for every committed intent, once: it listens to new entries only, so an intent from before a
 * restart is never driven again (the till has made it indeterminate by then).
 */
export class Actuate {
  readonly #o: ActuateOptions;
  readonly #acts = new Set<Promise<void>>();
  readonly #answers = new Set<Cancel>();
  #stopped = false;

  constructor(options: ActuateOptions) {
    this.#o = options;
  }

  start(): void {
    this.#o.till.onCommitted((entries) => {
      for (const { entry } of entries) if (entry.kind === 'act.intent' && !this.#stopped) this.#begin(entry.act, entry.drive);
    });
  }

  /** Begins nothing more and waits for no machine; resolves when the outcome of what was under way is in the journal. Closing the pins ends it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of [...this.#answers]) cancel();
    await Promise.all(this.#acts);
  }

  #begin(act: string, drive: Drive): void {
    const running = this.#act(act, drive).finally(() => this.#acts.delete(running));
    this.#acts.add(running);
  }

  async #act(act: string, drive: Drive): Promise<void> {
    const { log, health, till } = this.#o;
    const { result, reason } = await this.#run(drive);
    if (result !== 'done' && !this.#stopped) {
      log.error('output.not-done', { act, result, reason });
      health.outputFailed(reason);
    }
    try {
      till.submit({ type: 'act-done', act, result, reason });
    } catch (error) {
      log.error('output.outcome-not-recorded', { act, result, error });
    }
  }

  async #run(drive: Drive): Promise<Outcome> {
    const { delivery, gpio } = this.#o;
    if (!delivery) return { result: 'failed', reason: 'the board has no delivery output' };
    const missing = gpio.faults().find(({ line }) => line === delivery.output);
    // Nothing is driven, so that nobody has to look what the customer got.
    if (missing) return { result: 'failed', reason: `output ${delivery.output}: ${missing.fault.message}` };
    const answer = delivery.feedback ? this.#feedback(delivery.feedback) : null;
    const train = drive.mode === 'hold' ? { count: 1, pulseMs: drive.holdMs, gapMs: 0 } : drive;
    try {
      await gpio.pulse(delivery.output, train);
    } catch (error) {
      answer?.cancel();
      // How far it came before it failed cannot be known: a person must look.
      if (this.#stopped) return CUT_SHORT;
      return { result: 'indeterminate', reason: `output ${delivery.output}: ${error instanceof Error ? error.message : String(error)}` };
    }
    if (!answer || (await answer.seen)) return { result: 'done', reason: '' };
    const watched = await answer.watched();
    if (this.#stopped) return CUT_SHORT;
    const reason = `no answer from the machine on input ${delivery.feedback?.input}`;
    // What nobody could see may have been: the customer is not to have both the goods and the money back.
    return watched ? { result: 'failed', reason } : { result: 'indeterminate', reason: `${reason}, which was not watched all the time` };
  }

  /** Whether the machine answers in time; watching begins before the drive, so that a quick answer is not missed. */
  #feedback(feedback: NonNullable<BoardDelivery['feedback']>): Answer {
    const { gpio, clock } = this.#o;
    let lost = false;
    let finish: (seen: boolean) => void = () => undefined;
    const seen = new Promise<boolean>((resolve) => {
      finish = resolve;
    });
    const unwatch = gpio.watch(
      feedback.input,
      (edge) => edge.level === feedback.level && end(true),
      () => {
        lost = true;
      },
    );
    const watched = async () =>
      !lost &&
      (await gpio.read(feedback.input).then(
        () => true,
        () => false,
      ));
    const cancelTimer = clock.after(feedback.withinMs, () => end(false));
    const end = (value: boolean) => {
      unwatch();
      cancelTimer();
      this.#answers.delete(cancel);
      finish(value);
    };
    const cancel = () => end(false);
    this.#answers.add(cancel);
    return { seen, watched, cancel };
  }
}
