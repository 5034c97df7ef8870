/** The wireless interface of the box. */
export interface Radio {
  /** Signal strength in dBm, or null without a wireless interface. */
  rssiDbm(): number | null;
}
