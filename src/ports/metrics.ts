export type Labels = Readonly<Record<string, string>>;

/** Counters and gauges as Prometheus knows them. Names are snake_case without the `tilld_` prefix; label values come from small fixed sets. */
export interface Metrics {
  /** Adds `by` (default 1, >= 0) to a counter. */
  count(name: string, labels?: Labels, by?: number): void;
  /** Sets a gauge. */
  gauge(name: string, value: number, labels?: Labels): void;
}
