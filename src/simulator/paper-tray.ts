export const PRINTER_FAULTS = ['paper-out', 'cover-open', 'offline'] as const;

/** The other side of a virtual printer: the ticket that came out last, and what is made to be wrong with it. */
export interface PaperTray {
  /** As a PNG; null before the first. */
  latest(): Uint8Array | null;
  fault(): (typeof PRINTER_FAULTS)[number] | null;
  setFault(fault: (typeof PRINTER_FAULTS)[number] | null): void;
}
