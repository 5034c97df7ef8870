/** Characters of a PIN or serial that are never shown, at the least. */
const LEAST_HIDDEN = 4;

/**
 * A PIN or serial as people may see it: `1234****5678`. Of a short one less is shown, so that four characters at the
 * least stay unknown; of what is no longer than eight nothing. The stars do not tell how long it is.
 */
export function maskSecret(text: string): string {
  if (text.length <= 8) return '****';
  const shown = Math.min(8, text.length - LEAST_HIDDEN);
  const head = Math.ceil(shown / 2);
  return `${text.slice(0, head)}****${text.slice(text.length - (shown - head))}`;
}

/** A stranger's words without anything in them that could be a PIN or a serial: a run of eight letters and digits, or more, with a digit. */
export const withoutSecrets = (words: string): string => words.replaceAll(/(?=[A-Za-z]*\d)[A-Za-z\d]{8,}/g, maskSecret);
