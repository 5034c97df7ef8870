/** A text as roff writes it: nothing of it is taken for a request, and every hyphen is one that can be pasted. */
export function roff(text: string): string {
  const plain = text.replaceAll('\\', '\\(rs').replaceAll('-', '\\-');
  const ascii = plain.replace(
    /[^\n\x20-\x7e]/gu,
    (character) => `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
  return ascii.replace(/^(?=[.'])/gm, '\\&');
}

/** The first line of a man page of section 8. `seconds`: its date, since 1970. */
export function title(name: string, version: string, seconds: number): string {
  const date = new Date(seconds * 1_000).toISOString().slice(0, 10);
  return `.TH ${roff(name.toUpperCase())} 8 "${date}" "tilld ${roff(version)}" "System administration"`;
}

export const section = (name: string): string => `.SH ${roff(name)}`;
export const subsection = (name: string): string => `.SS ${roff(name)}`;
export const paragraph = (text: string): string => `.PP\n${roff(text)}`;
/** A word, and what it means indented below it. */
export const item = (word: string, text: string): string => `.TP\n.B ${roff(word)}\n${roff(text)}`;
/** Lines as they are. */
export const example = (lines: readonly string[]): string => ['.PP', '.nf', '.RS', ...lines.map(roff), '.RE', '.fi'].join('\n');
