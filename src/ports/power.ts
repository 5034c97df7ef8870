/** Ends what runs, for whoever supervises it to start again. Both return at once; the process ends in order soon after. Throws DeviceFault `power-unsupported` where nobody would. */
export interface PowerControl {
  /** The program. */
  restart(): void;
  /** The whole board. */
  reboot(): void;
}
