type Level = 'high' | 'low';
type Generation = 1 | 2;

/** What libgpiod 1.6.3 and 2.2.1 write, letter by letter, as far as anybody here reads it. */

export const versionOf = (generation: Generation): string =>
  `gpiodetect (libgpiod) v${generation === 1 ? '1.6.3' : '2.2.1'}\nCopyright (C) the authors\n`;

/** What `gpiomon --banner` says of its lines. */
export function bannerOf(offsets: readonly number[]): string {
  const names = offsets.map((offset) => `'${offset}'`);
  const last = names.pop() ?? '';
  return `Monitoring line${names.length > 0 ? `s ${names.join(', ')}, and ${last}` : ` ${last}`}...\n`;
}

/** What gpiomon writes for an edge to the present level. 1.6 has nanoseconds without leading zeros. */
export function rowOf(
  generation: Generation,
  format: string,
  line: { readonly wire: Level; readonly offset: number },
  atMs: number,
): string {
  const ns = BigInt(Math.round(atMs * 1e6));
  const [seconds, rest] = [String(ns / 1_000_000_000n), String(ns % 1_000_000_000n)];
  const falling = generation === 1 ? '0' : '2';
  const words: Readonly<Record<string, string>> = {
    '%s': seconds,
    '%n': rest,
    '%S': `${seconds}.${rest.padStart(9, '0')}`,
    '%e': line.wire === 'high' ? '1' : falling,
    '%o': String(line.offset),
  };
  return format.replaceAll(/%\w/g, (word) => words[word] ?? word);
}

interface Line {
  readonly offset: number;
  readonly name: string | null;
  readonly holder: { readonly name: string } | null;
}

export function infoOf(generation: Generation, chip: string, lines: readonly Line[]): string {
  const rows = lines.map(({ offset, name, holder }) => {
    const at = `\tline ${String(offset).padStart(3)}:`;
    const quoted = name === null ? 'unnamed' : `"${name}"`;
    const direction = holder?.name === 'gpioset' ? 'output' : 'input';
    if (generation === 2) return `${at}\t${quoted.padEnd(16)}\t${direction}${holder ? ` consumer="${holder.name}"` : ''}\n`;
    const user = holder ? `"${holder.name}"` : 'unused';
    return `${at} ${quoted.padStart(12)} ${user.padStart(12)} ${direction.padStart(8)}  active-high ${holder ? '[used]' : ''}\n`;
  });
  return `${chip} - ${lines.length} lines:\n${rows.join('')}`;
}

/** What a program says of a line that another one holds. */
export function busyOf(generation: Generation, program: string, chip: string): string {
  if (generation === 1) {
    const doing = { gpioget: 'reading GPIO values', gpiomon: 'waiting for events', gpioset: 'setting the GPIO line values' }[program];
    return `error ${doing}: Device or resource busy`;
  }
  const where = { gpioget: '', gpiomon: ` on chip /dev/${chip}`, gpioset: ` on chip '/dev/${chip}'` }[program];
  return `unable to request lines${where}: Device or resource busy`;
}
