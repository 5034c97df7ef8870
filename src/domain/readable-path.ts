/** The path of an address as it was meant, so that card data in it is recognised; one that cannot be decoded is not shown. Total. */
export function readablePath(path: string): string {
  try {
    return decodeURIComponent(path.replaceAll('+', ' '));
  } catch {
    return '[unreadable]';
  }
}
