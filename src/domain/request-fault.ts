import { type FaultDetail, PeerFault } from './fault.ts';

export interface RequestFaultDetail extends FaultDetail {
  /** Whether the same request, with the same idempotency key, may be sent again. */
  readonly retryable: boolean;
  /** The peer's wish how long to wait first (Retry-After), in milliseconds. */
  readonly retryAfterMs?: number;
  /** Nothing of the request left the box: there never was a connection. Default false: it may have arrived. */
  readonly unsent?: boolean;
}

/** A request to a backend that got no usable answer, or a refusal. */
export class RequestFault extends PeerFault {
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly unsent: boolean;

  constructor(message: string, detail: RequestFaultDetail) {
    super(message, detail);
    this.retryable = detail.retryable;
    this.retryAfterMs = detail.retryAfterMs;
    this.unsent = detail.unsent ?? false;
  }
}
