import { toJsonSchema } from '@valibot/to-json-schema';
import { BOARD_SCHEMA } from './board-schema.ts';

/** JSON Schema of board files, for editors; boards/board.schema.json is this. Rules over several fields only `loadBoard` checks. */
export function boardJsonSchema(): Record<string, unknown> {
  const schema = toJsonSchema(BOARD_SCHEMA, {
    typeMode: 'input',
    ignoreActions: ['check', 'raw_check'],
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema.type === 'object' ? { ...jsonSchema, additionalProperties: false } : undefined,
  });
  return { ...schema, title: 'tilld board' };
}
