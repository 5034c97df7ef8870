import { createHash } from 'node:crypto';

// The text around the content is fixed to the byte, so that a change anywhere is noticed.
const HEAD = '{"sha256":"';
const MIDDLE = '","content":';
const TAIL = '}\n';

const checksum = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A value as a JSON text in plain ASCII that carries a checksum over itself. It guards against a bad disk, not against a person. */
export function seal(value: unknown): string {
  const content = JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `${HEAD}${checksum(content)}${MIDDLE}${content}${TAIL}`;
}

/** What `seal` was given, or undefined when a byte of the text is another one. Its form is as sound as what was sealed. */
export function unseal(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString('latin1');
  const content = text.slice(HEAD.length + 64 + MIDDLE.length, -TAIL.length);
  return text === `${HEAD}${checksum(content)}${MIDDLE}${content}${TAIL}` ? JSON.parse(content) : undefined;
}
