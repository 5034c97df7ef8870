type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: Array.isArray,
  object: isNode,
};

/**
 * Where a value differs from a schema of an OpenAPI document: types, enums, missing and unknown properties. Stricter
 * than the standard in that properties nobody described are differences too.
 */
export function differences(document: Node, schema: unknown, value: unknown, at = '$'): string[] {
  if (!isNode(schema)) return [`${at}: no schema`];
  const { $ref, anyOf, type, properties, required, items, additionalProperties } = schema;
  if (typeof $ref === 'string') return differences(document, lookUp(document, $ref), value, at);
  if (Array.isArray(anyOf)) {
    const tries = anyOf.map((option) => differences(document, option, value, at));
    return tries.find((found) => found.length === 0) ?? tries[0] ?? [];
  }
  const types = [type].flat().filter((one) => typeof one === 'string');
  if (types.length > 0 && !types.some((one) => TYPES[one]?.(value)))
    return [`${at}: ${JSON.stringify(value)} is not ${types.join(' or ')}`];
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return [`${at}: ${JSON.stringify(value)} is not one of the enum`];
  if (Array.isArray(value)) return value.flatMap((item, i) => differences(document, items, item, `${at}[${i}]`));
  if (!isNode(value)) return [];
  const known = isNode(properties) ? properties : {};
  const missing = (Array.isArray(required) ? required : []).filter((key) => !(key in value)).map((key) => `${at}.${key}: missing`);
  const found = Object.entries(value).flatMap(([key, item]) => {
    if (key in known) return differences(document, known[key], item, `${at}.${key}`);
    if (isNode(additionalProperties)) return differences(document, additionalProperties, item, `${at}.${key}`);
    return additionalProperties === true ? [] : [`${at}.${key}: not described`];
  });
  return [...missing, ...found];
}

/** What stands at `#/components/schemas/Name`. */
function lookUp(document: Node, pointer: string): unknown {
  const keys = pointer.slice(2).split('/');
  return keys.reduce<unknown>((node, key) => (isNode(node) ? node[key] : undefined), document);
}
