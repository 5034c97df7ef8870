import { crc32 } from 'node:zlib';
import { withoutCardData } from '../../domain/card-data.ts';
import type { JsonValue } from '../../domain/json.ts';

/** An identifier as the database may hold it: one that could be a card number by its checksum alone, which tells it from others. */
export const keptId = (id: string): string => (withoutCardData(id) === id ? id : `hidden~${crc32(id).toString(16).padStart(8, '0')}`);

/** A value as JSON text without card data, in its keys neither. */
export const keptJson = (value: unknown): string => JSON.stringify(cleaned(value as JsonValue));

function cleaned(value: JsonValue): JsonValue {
  if (typeof value === 'string') return withoutCardData(value);
  if (typeof value === 'number') return withoutCardData(String(value)) === String(value) ? value : withoutCardData(String(value));
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cleaned);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [withoutCardData(key), cleaned(item)]));
}
