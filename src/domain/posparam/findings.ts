import type { JsonValue } from '../json.ts';
import type { PosparamProblem } from './posparam.ts';
import { foundIn } from './words.ts';

/** One field of a file, there or missing. */
export interface Field {
  readonly path: string;
  readonly value: JsonValue | undefined;
  /** Path of an unknown key that was probably meant for it; only of a missing field. */
  readonly misspelt?: string;
}

/** A rule for a field that is a text. */
export interface TextRule<T> {
  /** In plain words, to stand behind "expected". */
  readonly expected: string;
  /** The longest wrong text that a problem may quote; 0 for secrets. */
  readonly quotable: number;
  /** What the text says, or null when it breaks the rule. */
  read(text: string): T | null;
}

/** Collects everything that is to be said about a file, in the order in which it is found. */
export class Findings {
  readonly problems: PosparamProblem[] = [];
  readonly notices: PosparamProblem[] = [];

  /** Gives null, the value of a field that is of no use. */
  problem(path: string, found: string, expected: string): null {
    this.problems.push({ path, found, expected });
    return null;
  }

  notice(path: string, found: string, expected: string): void {
    this.notices.push({ path, found, expected });
  }

  /** A problem of a field as it stands, or as it is missing. */
  refuse({ path, value, misspelt }: Field, expected: string, quotable: number): null {
    return this.problem(path, misspelt === undefined ? foundIn(value, quotable) : `nothing, but there is "${misspelt}"`, expected);
  }

  /** What a field says by a rule; null, and a problem, when it breaks the rule. */
  take<T>(field: Field, { expected, quotable, read }: TextRule<T>): T | null {
    const value = typeof field.value === 'string' ? read(field.value) : null;
    return value ?? this.refuse(field, expected, quotable);
  }

  /** As `take`, where the field may be missing or empty. */
  takeIfGiven<T>(field: Field, rule: TextRule<T>): T | '' | null {
    return isGiven(field) ? this.take(field, rule) : '';
  }
}

export const isGiven = ({ value }: Field): boolean => value !== undefined && value !== '';
