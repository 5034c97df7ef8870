const two = (value: number): string => String(value).padStart(2, '0');

/** Day by the time zone the box is set to, `YYYY-MM-DD`. */
export function localDay(atMs: number): string {
  const at = new Date(atMs);
  return `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** Time of day by the time zone the box is set to, `HH:MM:SS`. */
export function localTime(atMs: number): string {
  const at = new Date(atMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
}
