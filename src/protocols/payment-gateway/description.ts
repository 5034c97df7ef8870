import { MAX_DESCRIPTION } from './codec.ts';

interface DescriptionParts {
  readonly order: string;
  readonly description: string;
  readonly serial: string;
}

/** What a transfer is for, by the template of the settings: one line of 1 to 50 characters; the order code where nothing is left. */
export function describeOrder(template: string, parts: DescriptionParts): string {
  const filled = template.replaceAll(/\{(order|description|serial)\}/g, (_, name: keyof DescriptionParts) => parts[name]);
  const line = filled.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').trim();
  let cut = '';
  for (const character of line) {
    if (cut.length + character.length > MAX_DESCRIPTION) break;
    cut += character;
  }
  return cut.trimEnd() || parts.order;
}
