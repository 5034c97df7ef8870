import { excerpt } from '../../domain/card-data.ts';
import { PeerFault } from '../../domain/fault.ts';

export type UpstreamName = 'PayOS' | 'TheSieuToc';

/** Longest text of an upstream that is passed on, characters. */
const MOST_WORDS = 300;

/** No answer, or one that says nothing about the request: it may be tried again, and may have been carried out. */
export const unreachable = (name: UpstreamName, found: string): PeerFault =>
  new PeerFault(`${name} cannot be reached`, {
    code: 'upstream-unreachable',
    found,
    remedy: `Try again; ask ${name} first whether the request was carried out.`,
  });

/** The upstream's own no. `words` must have gone through `cleanWords`. */
export const refused = (name: UpstreamName, code: string, words: string): PeerFault =>
  new PeerFault(`${name} refused the request`, { code: 'upstream-refused', found: `code ${code}: ${words}` });

/** An answer that cannot be used; what became of the request is unknown. */
export const invalidAnswer = (name: UpstreamName, found: string, expected: string): PeerFault =>
  new PeerFault(`The answer of ${name} is not usable`, { code: 'upstream-invalid', found, expected });

/** An upstream's words for people to read: short, on one line, and without any of `secrets` even if it echoes them. */
export function cleanWords(text: string, secrets: readonly string[]): string {
  let words = text.slice(0, 20 * MOST_WORDS);
  for (const secret of secrets) {
    const signs = [...secret].map((sign) => sign.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    // Also in groups, as cards are printed.
    if (secret !== '') words = words.replaceAll(new RegExp(signs.join('[\\s.-]?'), 'gi'), '[hidden]');
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return excerpt(words.replaceAll(/[\u0000-\u001f\u007f]+/g, ' '), MOST_WORDS);
}
