import type { BackendClock, BackendLog } from '../environment.ts';

/** One timer a device; setting it again replaces it. A task that fails is logged. */
export class DeviceTimers {
  readonly #clock: BackendClock;
  readonly #log: BackendLog;
  readonly #cancels = new Map<string, () => void>();

  constructor(clock: BackendClock, log: BackendLog) {
    this.#clock = clock;
    this.#log = log;
  }

  set(device: string, ms: number, task: () => void): void {
    this.clear(device);
    const cancel = this.#clock.after(Math.max(0, ms), () => {
      this.#cancels.delete(device);
      try {
        task();
      } catch (error) {
        this.#log.error('kiosk.failed', { device, reason: String(error) });
      }
    });
    this.#cancels.set(device, cancel);
  }

  clear(device: string): void {
    this.#cancels.get(device)?.();
    this.#cancels.delete(device);
  }

  stop(): void {
    for (const device of [...this.#cancels.keys()]) this.clear(device);
  }
}
