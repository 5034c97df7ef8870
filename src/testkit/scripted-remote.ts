import type { DatedAck, Delivery, RemoteGateway } from '../ports/gateway.ts';

/** A backend that takes answers, and tells the time. */
export class ScriptedRemote implements RemoteGateway {
  readonly acks: DatedAck[] = [];
  readonly times: number[] = [];
  /** Whether answers get through. */
  open = true;

  async acknowledge(acks: readonly DatedAck[]): Promise<Delivery> {
    if (!this.open) return { state: 'retry', reason: 'closed' };
    this.acks.push(...acks);
    return { state: 'acked' };
  }

  setTime(atMs: number): void {
    this.times.push(atMs);
  }

  /** `cmd-1 done`, `3 ignored settings-known` of every answer so far. */
  told(): string[] {
    return this.acks.map(({ about, state, code }) => `${about.kind === 'command' ? about.command : about.version} ${state} ${code}`.trim());
  }
}
