const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is at a path of names, undefined where the path breaks off. */
export const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value);

/** Puts a value where its section is there or missing; a section that is something else is left for the check to find. */
export function put(value: unknown, [key, ...rest]: readonly string[], wanted: unknown): void {
  if (!isObject(value) || key === undefined) return;
  if (rest.length === 0) value[key] = wanted;
  else {
    if (value[key] === undefined) value[key] = {};
    put(value[key], rest, wanted);
  }
}
