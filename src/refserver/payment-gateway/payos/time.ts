/** Viet Nam: UTC+7 all year. */
const OFFSET_MS = 7 * 3_600_000;

/** A time as PayOS writes it in webhooks: "2026-02-01 15:05:00", Viet Nam time. */
export const webhookTime = (ms: number): string => vietnamTime(ms).replace('T', ' ');

/** A time as PayOS writes it in replies: "2026-02-01T15:05:00+07:00". */
export const replyTime = (ms: number): string => `${vietnamTime(ms)}+07:00`;

/** Either form, and any other ISO 8601 time with an offset, in milliseconds since 1970; one without an offset is Viet Nam time. Null when unreadable. */
export function parseTime(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?$/.test(text)) return null;
  const iso = text.replace(' ', 'T');
  const ms = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(iso) ? iso : `${iso}+07:00`);
  return Number.isFinite(ms) ? ms : null;
}

const vietnamTime = (ms: number): string => new Date(ms + OFFSET_MS).toISOString().slice(0, 19);
