/** An open way to a printer. */
export interface Channel {
  /** Resolves when the system has taken all of it. @throws DeviceFault `printer-offline` */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends whatever goes on, and resolves when the printer is free for the next; what is called back from then on means nothing. */
  close(): Promise<void>;
}

/** What comes out of a channel, unasked. */
export interface Listener {
  bytes(bytes: Uint8Array): void;
  /** The way is cut off; only the first call says why. */
  gone(fault: Error): void;
}

/** Where a printer is connected. Opened for each ticket, so that a printer that was away is found again. */
export interface Line {
  /** What the line carries in a second, bytes; Infinity where that is no matter. */
  readonly bytesPerSecond: number;
  /** @throws DeviceFault `printer-offline`, also when the signal comes */
  open(listener: Listener, signal: AbortSignal): Promise<Channel>;
}
