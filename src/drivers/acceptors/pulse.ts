import type { Board, BoardPulseAcceptor } from '../../domain/board.ts';
import { valueOfPulses } from '../../domain/cash/denomination.ts';
import { type AcceptorProfile, inhibitsWhileActive } from '../../domain/cash/profiles.ts';
import { PulseDecoder, type PulseEvent } from '../../domain/cash/pulse.ts';
import { ConfigurationFault, DeviceFault } from '../../domain/fault.ts';
import type { Acceptor, AcceptorEvent } from '../../ports/acceptor.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';
import type { Gpio } from '../../ports/gpio.ts';
import { ActiveFaults } from './active-faults.ts';

export interface PulseAcceptorOptions {
  readonly gpio: Gpio;
  readonly clock: Clock;
  readonly entry: BoardPulseAcceptor;
  readonly profile: AcceptorProfile;
  /** The board's outputs, for the inhibit line's polarity. */
  readonly outputs: Board['outputs'];
  /** Unique for ever, such as the boot's id: trains are `<boot>.<acceptor>.<n>`, so one boot makes one acceptor of a name. */
  readonly boot: string;
}

/** Lets edges that wait to be read come first when a timer fires, ms. */
const READ_FIRST_MS = 10;
/** How long it must be quiet before a fault counts as over, ms. A stuck line is over at its next edge. */
const CLEAR_AFTER_MS = { 'pulse-storm': 10_000, 'edges-lost': 60_000 } as const;
/** Faults that keep the acceptor inhibited whatever is wanted of it. */
const DISABLING = ['pulse-storm', 'line-stuck', 'input-fault'] as const;
/** An output falls back by itself when whatever held it dies, and an input may go unwatched: both are looked after so often, ms. */
const LOOK_MS = 5_000;

/**
 * A coin or bill acceptor that says the value of a piece by a number of pulses on one line. Fault events: `edges-lost`,
 * `line-stuck`, `pulse-storm`, `input-fault`, `inhibit-failed`; a storm, a stuck line and an input that nobody watches
 * inhibit it until they are over.
 */
export function pulseAcceptor(options: PulseAcceptorOptions): Acceptor {
  return new PulseAcceptor(options);
}

class PulseAcceptor implements Acceptor {
  readonly escrow = null;
  readonly name: string;
  readonly method: BoardPulseAcceptor['method'];
  readonly #options: PulseAcceptorOptions;
  readonly #inhibited: boolean;
  readonly #faults: ActiveFaults;
  #decoder: PulseDecoder;
  #onEvent: ((event: AcceptorEvent) => void) | null = null;
  #trains = 0;
  #wanted = false;
  #applied: Promise<void> = Promise.resolve();
  /** When the last edge or loss was read, by the clock: never before the kernel saw it, so a train is never ended early. */
  #heardAtMs = 0;
  /** How many edges and losses were read. */
  #heard = 0;
  #timer: Cancel | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #unwatch: Cancel | null = null;
  #nextLook: Cancel | null = null;

  constructor(options: PulseAcceptorOptions) {
    const { entry, profile, clock } = options;
    this.#options = options;
    this.name = entry.name;
    this.method = entry.method;
    this.#inhibited = inhibitLevel(options);
    this.#faults = new ActiveFaults(clock, (event) => this.#say(event));
    this.#decoder = new PulseDecoder(profile, (event) => this.#decoded(event));
  }

  async start(onEvent: (event: AcceptorEvent) => void): Promise<void> {
    const { gpio, entry, clock, profile } = this.#options;
    const hear = () => {
      this.#heardAtMs = clock.monotonicMs();
      this.#heard += 1;
    };
    this.#wanted = false;
    this.#decoder = new PulseDecoder(profile, (event) => this.#decoded(event));
    this.#onEvent = onEvent;
    await this.#applyUnasked();
    this.#heardAtMs = clock.monotonicMs();
    this.#unwatch = gpio.watch(
      entry.input,
      (edge) => {
        hear();
        this.#decoder.edge(edge);
        this.#wake();
      },
      (count) => {
        hear();
        this.#decoder.lost(count);
        this.#wake();
        void this.#lookAtInput();
      },
    );
    await this.#lookAtInput();
    this.#lookLater();
  }

  async enable(): Promise<void> {
    this.#wanted = true;
    await this.#apply();
  }

  async disable(): Promise<void> {
    this.#wanted = false;
    await this.#apply();
  }

  busy(): boolean {
    // Noise must not hold a sale open for ever.
    return this.#decoder.open && !this.#faults.has('pulse-storm');
  }

  async stop(): Promise<void> {
    this.#unwatch?.();
    this.#unwatch = null;
    this.#nextLook?.();
    this.#timer?.();
    this.#timer = null;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    try {
      this.#decoder.interrupt();
    } finally {
      this.#faults.stop();
      this.#onEvent = null;
      await this.disable();
    }
  }

  /** Drives the inhibit line as things stand when its turn comes; one change at a time, in order. */
  #apply(): Promise<void> {
    const { gpio, entry } = this.#options;
    const line = entry.inhibit;
    if (line === undefined) return Promise.resolve();
    const drive = () => {
      const enabled = this.#wanted && !DISABLING.some((code) => this.#faults.has(code));
      return gpio.set(line, enabled ? !this.#inhibited : this.#inhibited);
    };
    const done = this.#applied.then(drive);
    this.#applied = done.catch(() => undefined);
    return done;
  }

  /** Says it when the line cannot be driven, and when that is over. */
  async #applyUnasked(): Promise<void> {
    const fault = await this.#apply().then(() => null, deviceFault);
    if (this.#onEvent === null) return;
    if (fault) this.#faults.raise('inhibit-failed', fault.explain());
    else this.#faults.clear('inhibit-failed');
  }

  /** Whether anybody watches the input: pieces would go uncounted else. And at which level it is, as edges may have been lost. */
  async #lookAtInput(): Promise<void> {
    const { gpio, entry } = this.#options;
    const heard = this.#heard;
    const seen = await gpio.read(entry.input).catch(deviceFault);
    if (this.#unwatch === null) return;
    const before = this.#faults.has('input-fault');
    const missing = seen instanceof DeviceFault;
    if (missing) this.#faults.raise('input-fault', seen.explain());
    else this.#faults.clear('input-fault');
    if (before !== missing) void this.#applyUnasked();
    // Edges that came meanwhile know it better.
    if (missing || heard !== this.#heard) return;
    this.#decoder.found(seen);
    this.#wake();
  }

  #lookLater(): void {
    this.#nextLook = this.#options.clock.after(LOOK_MS, () => {
      void this.#lookAtInput();
      void this.#applyUnasked();
      this.#lookLater();
    });
  }

  /** One timer. While edges come in it is left alone unless it would be late, and finds out itself that its time has moved. */
  #wake(): void {
    if (!this.#unwatch) return;
    const due = this.#decoder.dueMs();
    if (due === null || this.#timerAtMs <= this.#heardAtMs + due) return;
    this.#wait(this.#heardAtMs + due, () => {
      const heardAtMs = this.#heardAtMs;
      const dueNow = this.#decoder.dueMs();
      if (dueNow === null || heardAtMs + dueNow > this.#options.clock.monotonicMs()) {
        this.#wake();
        return;
      }
      // A late timer runs before edges that have long been waiting to be read: they decide first.
      this.#wait(this.#options.clock.monotonicMs() + READ_FIRST_MS, () => {
        if (this.#heardAtMs === heardAtMs) this.#decoder.quiet(this.#options.clock.monotonicMs() - heardAtMs);
        this.#wake();
      });
    });
  }

  #wait(atMs: number, task: () => void): void {
    const { clock } = this.#options;
    this.#timer?.();
    this.#timerAtMs = atMs;
    this.#timer = clock.after(Math.max(0, atMs - clock.monotonicMs()), () => {
      this.#timer = null;
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      task();
    });
  }

  #decoded(event: PulseEvent): void {
    const { input } = this.#options.entry;
    switch (event.kind) {
      case 'train':
        this.#say(this.#worth(event));
        break;
      case 'reject':
        this.#say({ kind: 'rejected', reason: event.reason });
        break;
      case 'lost': {
        const count = event.edges === 0 ? 'An unknown number of' : String(event.edges);
        this.#faults.raise('edges-lost', `${count} edges were lost on ${input}`, CLEAR_AFTER_MS['edges-lost']);
        break;
      }
      case 'stuck':
        this.#faults.raise('line-stuck', `${input} stays ${opposite(this.#options.profile.idle)}`);
        void this.#applyUnasked();
        break;
      case 'unstuck':
        this.#faults.clear('line-stuck');
        void this.#applyUnasked();
        break;
      case 'storm': {
        const detail = `${event.rejects} pulses of noise within a second on ${input}`;
        this.#faults.raise('pulse-storm', detail, CLEAR_AFTER_MS['pulse-storm'], () => void this.#applyUnasked());
        void this.#applyUnasked();
        break;
      }
    }
  }

  #worth({ count, widthsMs, doubt }: PulseEvent & { kind: 'train' }): AcceptorEvent {
    const { entry, boot } = this.#options;
    const train = `${boot}.${entry.name}.${++this.#trains}`;
    const amountMinor = doubt === null ? valueOfPulses(count, entry) : null;
    return amountMinor === null
      ? { kind: 'unassigned', train, pulses: count, widthsMs }
      : { kind: 'credited', train, amountMinor, widthsMs };
  }

  #say(event: AcceptorEvent): void {
    this.#onEvent?.(event);
  }
}

const opposite = (level: 'high' | 'low'): 'high' | 'low' => (level === 'high' ? 'low' : 'high');

/** The fault of a pin; anything else is nothing that passes. */
function deviceFault(error: unknown): DeviceFault {
  if (error instanceof DeviceFault) return error;
  throw error;
}

/** The logical value of the inhibit output that makes the acceptor refuse. */
function inhibitLevel({ entry, profile, outputs }: PulseAcceptorOptions): boolean {
  if (entry.inhibit === undefined) return true;
  const pin = Object.hasOwn(outputs, entry.inhibit) ? outputs[entry.inhibit] : undefined;
  if (pin) return inhibitsWhileActive(profile, pin);
  throw new ConfigurationFault(`Acceptor ${entry.name} has an inhibit output the board does not have`, {
    code: 'output-unknown',
    found: entry.inhibit,
    expected: Object.keys(outputs).join(', ') || 'no inhibit: the board has no outputs',
    remedy: 'Correct the board file; `tilld board check` lists what is wrong with it.',
  });
}
