export const TIMESTAMP_RULE = 'an RFC 3339 time in UTC with whole seconds, such as 2026-01-31T12:00:00Z';
/** What `created` says unless it is told: the beginning of time in a zip. */
export const DEFAULT_CREATED = '1980-01-01T00:00:00Z';

/** Whether a text is a real time in the one form manifests use. */
export const isTimestamp = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && toTimestamp(Date.parse(text)) === text;

/** Milliseconds since 1970 in the form manifests use; null outside the years 0 to 9999. */
export function toTimestamp(ms: number): string | null {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return null;
  const text = date.toISOString().replace(/\.\d{3}Z$/, 'Z');
  return text.length === DEFAULT_CREATED.length ? text : null;
}
