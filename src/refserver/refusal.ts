import { CallerFault, type FaultDetail } from '../domain/fault.ts';

export type RefusalStatus = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 503;

/** A request the backend will not do, with the HTTP status that says so. */
export class Refusal extends CallerFault {
  readonly status: RefusalStatus;

  constructor(status: RefusalStatus, message: string, detail: FaultDetail) {
    super(message, detail);
    this.status = status;
  }
}
