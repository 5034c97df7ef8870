import pino from 'pino';
import type { Log, LogFields } from '../ports/log.ts';
import { redact } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface LogOptions {
  readonly level: LogLevel;
  /** Short lines for people; JSON lines otherwise. */
  readonly human: boolean;
  readonly write: (line: string) => void;
}

/** The log. Every field passes the one redaction here; a line is one line, whatever is in it. */
export function createLog({ level, human, write }: LogOptions): Log {
  const settings = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event', formatters: { level: levelName } };
  const sink = pino(settings, { write: human ? (line: string) => write(humanLine(line)) : write });
  const at = (name: LogLevel) => (event: string, fields?: LogFields) => {
    if (!sink.isLevelEnabled(name)) return;
    // Where nobody foresaw an error its stack is what a report of it needs; everywhere else it only fills the disk.
    sink[name](ownFields(fields, name === 'error'), event);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The log of a running process, and its newest lines. */
export interface ProcessLog extends Log {
  /** At most so many, oldest first, as they were written. */
  lines(most: number): readonly string[];
}

const LINES_KEPT = 200;

/** The log of a running process: on stderr, written before the call returns, so that the last line before a crash is there. */
export function stderrLog(level: LogLevel): ProcessLog {
  const kept: string[] = [];
  const destination = pino.destination({ dest: 2, sync: true });
  // A log nobody can take any more must not stop the box.
  destination.on('error', () => undefined);
  const write = (line: string): void => {
    if (kept.push(line.trimEnd()) > LINES_KEPT) kept.shift();
    destination.write(line);
  };
  const log = createLog({ level, human: process.stderr.isTTY === true, write });
  return { ...log, lines: (most) => kept.slice(-most) };
}

const levelName = (label: string) => ({ level: label });
const RESERVED = new Set(['level', 'time', 'event']);

/** A field named like one of the line's own would stand twice in it: it gets an underscore. */
function ownFields(fields: LogFields = {}, stacks: boolean): Record<string, unknown> {
  const shown = redact(fields, { stacks }) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(shown).map(([name, value]) => [RESERVED.has(name) ? `${name}_` : name, value]));
}

/** `12:30:05.123 WARN  outbox.retry attempts=3 reason="no answer"` */
function humanLine(line: string): string {
  const { level, time, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${plain(value)}`);
  return `${[String(time).slice(11, 23), String(level).toUpperCase().padEnd(5), plain(event), ...pairs].join(' ')}\n`;
}

const plain = (value: unknown): string => (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value));
