import { toJsonSchema } from '@valibot/to-json-schema';
import { configSchema, PROTOCOL_NAMES } from './config-schema.ts';

/** JSON Schema of the configuration file, for editors. It knows the form; rules over several fields only `loadConfig` checks. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = toJsonSchema(configSchema({ folder: '.', env: {} }), {
    typeMode: 'input',
    ignoreActions: ['check', 'raw_check'],
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema.type === 'object' ? { ...jsonSchema, additionalProperties: false } : undefined,
  });
  return {
    ...schema,
    title: 'tilld configuration',
    anyOf: PROTOCOL_NAMES.map((name) => ({ properties: { protocol: { const: name } }, required: [name] })),
  };
}
