export type Level = 'high' | 'low';

/** Which of the two command lines a libgpiod has: 1 is that of 1.6, 2 that of 2.0 and later. */
export type Generation = 1 | 2;

export interface Chip {
  /** What programs call it now, such as `gpiochip0`. */
  readonly chip: string;
  readonly label: string;
}

export interface Line {
  readonly offset: number;
  readonly name: string | null;
  readonly used: boolean;
}

export interface RawEdge {
  readonly offset: number;
  readonly level: Level;
  readonly timestampNs: bigint;
}

/** Of `gpiodetect --version`: `gpiodetect (libgpiod) v2.2.1`. Null when it is none tilld knows. */
export function generationOf(text: string): Generation | null {
  const [, major, minor] = /\(libgpiod\) v(\d+)\.(\d+)/.exec(text) ?? [];
  if (major === '2') return 2;
  return major === '1' && Number(minor) >= 6 ? 1 : null;
}

/** Of `gpiodetect`: `gpiochip0 [pinctrl-bcm2711] (58 lines)`. */
export function chipsOf(text: string): Chip[] {
  return text.split('\n').flatMap((line) => {
    const [, chip, label] = /^(gpiochip\d+) \[(.*)\] \(\d+ lines?\)$/.exec(line) ?? [];
    return chip === undefined || label === undefined ? [] : [{ chip, label }];
  });
}

/**
 * Of `gpioinfo` for one chip. 1.6: `	line  17:     "GPIO17"       unused   input  active-high ` and `[used]`;
 * 2: `	line  17:	"GPIO17"        	input consumer="gpiomon"`.
 */
export function linesOf(text: string): Line[] {
  return text.split('\n').flatMap((row) => {
    const [, offset, name, rest] = /^\s+line\s+(\d+):\s+(?:"(.*?)"|unnamed)\s(.*)$/.exec(row) ?? [];
    if (offset === undefined || rest === undefined) return [];
    return [{ offset: Number(offset), name: name ?? null, used: / consumer=|\[used[ \]]/.test(rest) }];
  });
}

/** Who uses a line, by what `gpioinfo` wrote of its chip; null when nobody does. */
export function holderOf(info: string, offset: number): string | null {
  if (!linesOf(info).some((line) => line.offset === offset && line.used)) return null;
  const row = info.split('\n').find((text) => new RegExp(`^\\s+line\\s+${offset}:`).test(text)) ?? '';
  const [, second] = / consumer="?([^"\s]+)"?/.exec(row) ?? [];
  const [, first] = /:\s+(?:".*?"|unnamed)\s+"([^"]+)"/.exec(row) ?? [];
  return second ?? first ?? 'another program';
}

/** Of `gpioget`: `1 0`, in the order asked for. Null when it is anything else. */
export function levelsOf(text: string, count: number): Level[] | null {
  const words = text.trim().split(/\s+/);
  if (words.length !== count || words.some((word) => word !== '0' && word !== '1')) return null;
  return words.map((word) => (word === '1' ? 'high' : 'low'));
}

const FORMS = {
  // 1.6 writes nanoseconds without leading zeros: they stand apart from the seconds.
  1: { edge: /^(\d{1,10}) (\d{1,9}) ([01]) (\d{1,5})$/, rising: '1' },
  2: { edge: /^(\d{1,10})\.(\d{9}) ([12]) (\d{1,5})$/, rising: '1' },
} as const;

/** One line of gpiomon's output, in the format `forms.ts` asks for. Null when it is none. */
export function edgeOf(text: string, generation: Generation): RawEdge | null {
  const { edge, rising } = FORMS[generation];
  const [, seconds, nanoseconds, kind, offset] = edge.exec(text) ?? [];
  if (seconds === undefined || nanoseconds === undefined) return null;
  return {
    offset: Number(offset),
    level: kind === rising ? 'high' : 'low',
    timestampNs: BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
  };
}
