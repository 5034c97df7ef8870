import { Fault } from '../fault.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { asList, asObject, MessageFault } from '../json-fields.ts';
import { OtaFault } from './ota-fault.ts';
import { quoted } from './quoted.ts';

const MAX_PROBLEMS = 50;

/** Reads one field, as the functions of json-fields.ts do. */
export type Read<T> = (value: JsonValue | undefined, path: string) => T;
/** Reads a field of the object at hand; undefined when that failed. */
export type Field = <T>(key: string, read: Read<T>) => T | undefined;

/** What is wrong with a manifest: all of it, one line each. */
export class ManifestFault extends OtaFault {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super('resource.json is not usable', { code: 'ota-manifest', found: problems.join('; ') });
    this.problems = problems;
  }
}

/** Goes on reading after a fault, so that all of them can be told. */
export class Problems {
  readonly #list: string[] = [];

  add(problem: string): void {
    this.#list.push(problem);
  }

  /** @throws ManifestFault when there was any */
  end(): void {
    if (this.#list.length === 0) return;
    const more = this.#list.length - MAX_PROBLEMS;
    throw new ManifestFault(more > 0 ? [...this.#list.slice(0, MAX_PROBLEMS), `and ${more} more`] : this.#list);
  }

  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.add(
        error instanceof MessageFault
          ? `${error.path || 'resource.json'}: found ${error.found}, expected ${error.expected}`
          : faultText(error),
      );
      return undefined;
    }
  }

  /** Reads the fields `build` asks for, and takes offence at all others. */
  object<T>(value: JsonValue | undefined, path: string, build: (field: Field) => T): T | undefined {
    const object: JsonObject | undefined = this.attempt(() => asObject(value, path));
    if (!object) return undefined;
    const asked = new Set<string>();
    const at = (key: string) => (path === '' ? key : `${path}.${key}`);
    const built = build((key, read) => {
      asked.add(key);
      return this.attempt(() => read(object[key], at(key)));
    });
    for (const key of Object.keys(object)) if (!asked.has(key)) this.add(`${quoted(at(key))}: there is no such field`);
    return built;
  }

  list<T>(
    value: JsonValue | undefined,
    path: string,
    least: number,
    most: number,
    read: (item: JsonValue, path: string) => T,
  ): (T | undefined)[] {
    const items = asList(value, path, most);
    if (items.length < least) throw new MessageFault(path, value, `at least ${least}`);
    return items.map((item, i) => this.attempt(() => read(item, `${path}[${i}]`)));
  }
}

/** What a fault says. Anything else is a bug, and thrown again. */
export function faultText(error: unknown): string {
  if (error instanceof Fault) return error.explain();
  throw error;
}
