/** Letters, marks, numbers, signs and blanks as people write them. What is not seen, or turns the text around it, makes one name look like another. */
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * A stranger's text of 1 to `most` characters in the form in which equal texts are equal (NFC: Vietnamese is written in
 * either), or null for one that is empty, too long, or holds what nobody can read.
 */
export function readableText(text: string, most: number): string | null {
  const composed = text.normalize('NFC');
  if (composed.trim() === '' || UNREADABLE.test(composed)) return null;
  return [...composed].length <= most ? composed : null;
}
