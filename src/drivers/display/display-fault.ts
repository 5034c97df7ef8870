import { DeviceFault, Fault } from '../../domain/fault.ts';

/**
 * A display cannot be drawn on: `display-missing`, `display-forbidden`, `display-unusable` for one whose kind is not
 * understood, `display-failed` for the rest.
 */
export class DisplayFault extends DeviceFault {}

/** What made a display fail, as a fault. */
export const faultOf = (error: unknown): Fault =>
  error instanceof Fault
    ? error
    : new DisplayFault('The screen could not be drawn', { code: 'display-failed', found: (error as Error).message, cause: error });
