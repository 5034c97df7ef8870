import type { ScopeReading, Spread } from '../domain/cash/scope.ts';
import type { ScopePin } from '../runtime/scope.ts';
import { columns } from './columns.ts';

/** What a technician reads off the line, on several lines. */
export function scopeText(name: string, { chip, line }: ScopePin, reading: ScopeReading, losses: number): string {
  const { edges, idle, bounces, pulses, gaps, trains, profiles } = reading;
  const rows = [
    ['edges', `${edges}${bounces === 0 ? '' : `, ${bounces} of them bounces`}`],
    ['at rest', idle === null ? 'not known yet' : `${idle}; its pulses go ${idle === 'high' ? 'low' : 'high'}`],
    ['pulses', pulses === null ? 'none yet' : spreadText(pulses)],
    ['gaps', gaps === null ? 'none yet' : spreadText(gaps)],
    ['pieces', trains.length === 0 ? 'none yet' : `${trains.join(', ')} pulses`],
    ['profiles', profiles.join(', ') || (pulses === null ? 'not known yet' : 'none that tilld knows fits all of it')],
    ...(losses === 0 ? [] : [['lost', `edges, ${losses} times: the figures may be wrong`]]),
  ];
  return [`${name} (${chip} ${line})`, ...columns(rows).map((row) => `  ${row}`)].join('\n');
}

const spreadText = ({ count, leastMs, medianMs, mostMs }: Spread): string =>
  `${count}: ${medianMs.toFixed(1)} ms (${leastMs.toFixed(1)} to ${mostMs.toFixed(1)})`;

/** What the board file should have for such a line; null while nothing is known of it. The values of the pieces are a person's to set. */
export function boardSnippet(name: string, { chip, line }: ScopePin, { idle, trains, profiles }: ScopeReading) {
  if (idle === null || trains.length === 0) return null;
  const inputs = { [name]: { chip, line, idle } };
  const [profile] = profiles;
  if (profile === undefined) return { inputs };
  const counts = [...new Set(trains)].sort((a, b) => a - b);
  const method = /^(?:ch|hx)-/.test(profile) ? 'coin' : 'bill';
  const denominations = Object.fromEntries(counts.map((count) => [String(count), count * 100]));
  return { inputs, acceptors: [{ name, method, kind: 'pulse', input: name, profile, denominations }] };
}

/** The name of the input in a snippet: a line by its chip has none yet. */
export const snippetName = (line: string): string => (/^[a-z0-9][a-z0-9-]{0,31}$/.test(line) ? line : 'coin');
