export type LogFields = Readonly<Record<string, unknown>>;

/**
 * The one log. Every line is an event name (`outbox.retry`) with fields; times carry their unit in the field name.
 * The sink redacts secrets and card data, but callers do not hand it any in the first place.
 */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
