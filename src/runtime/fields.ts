import * as v from 'valibot';
import { nearest } from '../domain/nearest.ts';
import { readSecret, type SecretSources } from './secrets.ts';

/*
 * The kinds of fields a configuration is made of. The message of each is what it expects, in plain words: a fault
 * shows it beside what was found. The description says what the field means and ends up in the JSON Schema.
 */

export const choice = <const T extends readonly string[]>(description: string, options: T) =>
  v.pipe(v.picklist(options, options.map((option) => JSON.stringify(option)).join(' or ')), v.description(description));

export const flag = (description: string) => v.pipe(v.boolean('true or false'), v.description(description));

export function whole(description: string, least: number, most: number) {
  const expected = `a whole number from ${least} to ${most}`;
  const steps = [
    v.integer<number, string>(expected),
    v.minValue<number, number, string>(least, expected),
    v.maxValue<number, number, string>(most, expected),
  ] as const;
  return v.pipe(v.number(expected), ...steps, v.description(description));
}

/** A text of `expected` form, 1 to `most` characters. */
export function text(description: string, most: number, pattern?: RegExp, form?: string) {
  const expected = form ?? `a text of 1 to ${most} characters`;
  return v.pipe(
    v.string(expected),
    v.minLength(1, expected),
    v.maxLength(most, expected),
    pattern ? v.regex<string, string>(pattern, expected) : v.check<string, string>((text) => /^\P{Cc}*$/u.test(text), expected),
    v.description(description),
  );
}

/** A base URL of one of these schemes, without credentials, query or fragment; a slash at its end is dropped. */
export function url(description: string, schemes: readonly string[]) {
  const expected = `a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}, without password, "?" and "#"`;
  const good = (text: string): boolean => {
    const parsed = URL.parse(text);
    return (
      parsed !== null &&
      schemes.includes(parsed.protocol) &&
      parsed.hostname !== '' &&
      !/[?#\s]/.test(text) &&
      parsed.username + parsed.password === ''
    );
  };
  return v.pipe(
    v.string(expected),
    v.maxLength(500, expected),
    v.check(good, expected),
    v.description(description),
    v.transform((text) => text.replace(/\/+$/, '')),
  );
}

interface TextRule {
  readonly good: (text: string) => boolean;
  readonly expected: string;
}

/** A text given as it is, or by `{"file"}` or `{"env"}`; read here, so that a fault of it is found with all the others. */
export function secret(description: string, sources: SecretSources, rule: TextRule) {
  const expected = `${rule.expected}, as a text, {"file": "path"} or {"env": "NAME"}`;
  const named = (what: string) => text(what, 1_000);
  const ref = v.union(
    [
      v.pipe(v.string(), v.minLength(1)),
      section({ file: named('A file that holds it') }),
      section({ env: named('An environment variable that holds it') }),
    ],
    expected,
  );
  return v.pipe(
    ref,
    v.description(`${description}: ${expected}`),
    v.rawTransform(({ dataset, addIssue, NEVER }): string => {
      const reading = readSecret(dataset.value, sources);
      if ('text' in reading && rule.good(reading.text)) return reading.text;
      addIssue(
        'text' in reading
          ? { received: 'a text that does not fit', message: rule.expected }
          : { received: reading.found, message: reading.expected },
      );
      return NEVER;
    }),
  );
}

const OBJECT = 'an object {…}';
const UNKNOWN_KEY = v.never();

/** An object of fixed keys. Every unknown key is a fault of its own, with the key that was probably meant. */
export function section<const E extends v.ObjectEntries>(entries: E, description?: string) {
  // A missing key's fault expects what the key is described to be.
  const wanted = new Map(
    Object.entries(entries).map(([key, schema]) => [JSON.stringify(key), v.getDescription(schema as v.GenericSchema)]),
  );
  const known = Object.keys(entries);
  const base = v.object(entries, (issue) => wanted.get(issue.expected ?? '') ?? OBJECT);
  const strict: typeof base = {
    ...base,
    '~run'(dataset, config) {
      const input = dataset.value;
      if (Array.isArray(input)) {
        // valibot takes a list for an object without keys, and would fill in the defaults.
        v._addIssue(UNKNOWN_KEY, 'type', dataset, config, { received: 'a list', message: OBJECT });
        return dataset as unknown as ReturnType<(typeof base)['~run']>;
      }
      const result = base['~run'](dataset, config);
      for (const key of input !== null && typeof input === 'object' ? Object.keys(input) : []) {
        if (Object.hasOwn(entries, key)) continue;
        const meant = nearest(key, known);
        const others = known.length > 10 ? 'a key that `tilld config schema` lists' : `one of ${known.join(', ')}`;
        v._addIssue(UNKNOWN_KEY, 'key', result, config, {
          input: undefined,
          received: 'an unknown key',
          message: meant === null ? others : `no such key; did you mean "${meant}"?`,
          path: [{ type: 'object', origin: 'key', input: input as Record<string, unknown>, key, value: undefined }],
        });
      }
      return result;
    },
  };
  return description === undefined ? strict : v.pipe(strict, v.description(description));
}

export interface Contradiction {
  /** Keys from the section down to the value at fault. */
  readonly at: readonly (string | number)[];
  readonly found: string;
  readonly expected: string;
}

/** A rule over several fields, checked once each of them is right by itself. */
export const consistent = <T>(rule: (value: T) => Iterable<Contradiction>) =>
  v.rawCheck<T>(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.issues) return;
    for (const { at, found, expected } of rule(dataset.value)) {
      const path = at.map((key) => ({ type: 'unknown', origin: 'value', input: undefined, key, value: undefined }) as const);
      const [first, ...rest] = path;
      addIssue({ received: found, message: expected, ...(first ? { path: [first, ...rest] } : {}) });
    }
  });
