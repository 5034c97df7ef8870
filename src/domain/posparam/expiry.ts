import { CallerFault } from '../fault.ts';

/** Days before the end of an API key from which on it is time to get a new one. */
const WARNING_DAYS = 30;
const DAY_MS = 86_400_000;

export interface ApiKeyState {
  readonly state: 'good' | 'expiring' | 'expired';
  /** Days until the last on which the key is good: 0 on that day, negative from the day after. */
  readonly daysLeft: number;
}

/** Whether a text is a day of the Gregorian calendar, `YYYYMMDD`. */
export const isDay = (text: string): boolean => !Number.isNaN(dayStart(text));

/**
 * How an API key stands on a day; both are `YYYYMMDD`, and the key is good to the end of its day. `expiring` from 30
 * days before. @throws CallerFault `day-invalid`
 */
export function apiKeyState(expiry: string, today: string): ApiKeyState {
  const daysLeft = (dayStart(expiry) - dayStart(today)) / DAY_MS;
  if (Number.isNaN(daysLeft)) throw new CallerFault('The day is not usable', { code: 'day-invalid', expected: 'two days, YYYYMMDD' });
  if (daysLeft < 0) return { state: 'expired', daysLeft };
  return { state: daysLeft <= WARNING_DAYS ? 'expiring' : 'good', daysLeft };
}

function dayStart(text: string): number {
  if (!/^\d{8}$/.test(text)) return Number.NaN;
  const iso = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
  const ms = Date.parse(iso);
  // Some engines take the 30th of February for the 2nd of March.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== iso ? Number.NaN : ms;
}
