// Parts of a wiring picture as SVG. Coordinates are pixels of the picture, y downwards.
import type { NamedPin } from './header-pins.ts';

type Point = readonly [x: number, y: number];
type Anchor = 'start' | 'middle' | 'end';

/** Wider fonts than Noto Sans are reckoned with: a browser takes the first of these it has. */
const STYLE = `
text{font-family:"Noto Sans",Roboto,"Segoe UI",Helvetica,Arial,sans-serif;font-size:16px;fill:#1b1f24}
.bold{font-weight:700}
.small{font-size:14px}
.wire,.part{fill:none;stroke:#1b1f24;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.part{fill:#fff}
.bare{fill:none}
.solid{fill:#1b1f24}
.power{stroke:#b3261e}
.box{fill:#eef3f8;stroke:#44505c;stroke-width:1.5}
`;

/** A picture with its own light ground, so that it can be read on a dark page and in print alike. */
export const picture = (title: string, width: number, height: number, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect width="${width}" height="${height}" rx="10" fill="#ffffff"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');

const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

export const text = (at: Point, words: string, anchor: Anchor = 'start', look: '' | 'bold' | 'small' = ''): string =>
  `<text x="${at[0]}" y="${at[1]}"${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}${look && ` class="${look}"`}>${escaped(words)}</text>`;

const path = (look: string, d: string): string => `<path class="${look}" d="${d}"/>`;
const through = (points: readonly Point[]): string => points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('');

export const wire = (...points: readonly Point[]): string => path('wire', through(points));
/** A wire at the supply voltage. */
export const power = (...points: readonly Point[]): string => path('wire power', through(points));
/** Where wires meet. */
export const dot = ([x, y]: Point): string => `<circle class="solid" cx="${x}" cy="${y}" r="4"/>`;

/** A straight two-legged part: a block of 32 by 12 in the middle of its legs. */
function block([x1, y1]: Point, [x2, y2]: Point): string {
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const flat = y1 === y2;
  const [w, h] = flat ? [32, 12] : [12, 32];
  const legs = flat ? `M${x1} ${y}H${x - 16}M${x + 16} ${y}H${x2}` : `M${x} ${y1}V${y - 16}M${x} ${y + 16}V${y2}`;
  return path('wire', legs) + path('part', `M${x - w / 2} ${y - h / 2}h${w}v${h}h${-w}z`);
}

export const resistor = (from: Point, to: Point): string => block(from, to);
/** A block with the wire through it. */
export const fuse = (from: Point, to: Point): string => block(from, to) + power(from, to);

/** A diode from anode to cathode. */
export function diode([x1, y1]: Point, [x2, y2]: Point): string {
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const turn = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  const half = Math.hypot(x2 - x1, y2 - y1) / 2;
  const lines = path('wire', `M${-half} 0H${half}M9 -9V9`) + path('part solid', 'M-9 -9L9 0L-9 9z');
  return `<g transform="translate(${x} ${y}) rotate(${turn})">${lines}</g>`;
}

export const ground = ([x, y]: Point): string => path('wire', `M${x - 12} ${y}h24M${x - 7} ${y + 6}h14M${x - 2} ${y + 12}h4`);

/** A supply above (or below) the end of a wire. */
export const supply = ([x, y]: Point, words: string, side: 'above' | 'below' = 'above'): string =>
  path('wire power', `M${x - 10} ${y}h20`) + text([x, side === 'above' ? y - 8 : y + 20], words, 'middle', 'bold');

/** An optocoupler, 80 by 70: anode and cathode on the left 15 and 55 below the top, collector and emitter opposite; mirrored the other way round. */
export function optocoupler([x, y]: Point, mirrored = false): string {
  const parts =
    '<rect class="box" width="80" height="70" rx="4"/>' +
    path('wire bare', 'M0 15H24V55H0M15 44H33M38 28l9 5m-1 -5l1 5l-5 1M38 38l9 5m-1 -5l1 5l-5 1M56 23V47M80 15H67L56 30M56 40L67 55H80') +
    path('part solid', 'M15 28H33L24 44zM66 54L57 50L63 44z');
  return `<g transform="translate(${mirrored ? x + 80 : x} ${y})${mirrored ? ' scale(-1 1)' : ''}">${parts}</g>`;
}

/** An NPN transistor by its base; collector 32 to the right and 32 up, emitter 32 down. */
export const npn = ([x, y]: Point): string =>
  path('wire', `M${x} ${y}h14M${x + 14} ${y - 16}v32M${x + 14} ${y - 6}l18 -14v-12M${x + 14} ${y + 6}l18 14v12`) +
  path('part solid', `M${x + 31} ${y + 19}l-11 -3l6 -7z`);

/** A P-channel MOSFET by its gate; drain 32 to the right and 32 up, source 32 down. */
export const pMosfet = ([x, y]: Point): string =>
  path('wire', `M${x} ${y}h10M${x + 10} ${y - 13}v26M${x + 17} ${y - 17}v8M${x + 17} ${y - 4}v8M${x + 17} ${y + 9}v8`) +
  path('wire', `M${x + 17} ${y - 13}h15v-19M${x + 17} ${y}h15v13M${x + 17} ${y + 13}h15v19`) +
  path('part solid', `M${x + 30} ${y}l-9 -4v8z`);

/** An open contact between two points on one line. */
export function contact([x1, y1]: Point, [x2, y2]: Point): string {
  const turn = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  const long = Math.hypot(x2 - x1, y2 - y1);
  const ends = `<circle class="part" r="3.5"/><circle class="part" cx="${long}" r="3.5"/>`;
  return `<g transform="translate(${x1} ${y1}) rotate(${turn})">${path('wire', `M3 -2L${long - 4} -14`)}${ends}</g>`;
}

export const coil = ([x, y]: Point): string =>
  path('part', `M${x - 15} ${y - 25}h30v50h-30z`) + path('wire', `M${x - 15} ${y + 12}l30 -24`);

/** A device, with its name at the top. */
export const box = ([x, y]: Point, width: number, height: number, names: readonly string[]): string =>
  `<rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>` +
  names.map((name, i) => text([x + width / 2, y + 24 + i * 19], name, 'middle', i === 0 ? 'bold' : 'small')).join('');

const terminal = ([x, y]: Point): string => `<rect x="${x - 4}" y="${y - 4}" width="8" height="8" fill="#1b1f24"/>`;

/** A terminal at the edge of a device whose inside is to the right, to the left, or above. */
export function port([x, y]: Point, words: string, inside: 'right' | 'left' | 'above'): string {
  const places = { right: [x + 10, y + 5, 'start'], left: [x - 10, y + 5, 'end'], above: [x, y - 10, 'middle'] } as const;
  const [textX, textY, anchor] = places[inside];
  return terminal([x, y]) + text([textX, textY], words, anchor);
}

/** Edge of the Raspberry Pi that every picture has at its left. */
export const PI_EDGE = 160;
export const raspberryPi = (height: number): string => box([10, 20], PI_EDGE - 10, height, ['Raspberry Pi']);

/** A terminal of the Raspberry Pi with what it is and where it is. */
export const piPort = (y: number, name: string, where: string): string =>
  terminal([PI_EDGE, y]) + text([PI_EDGE - 10, y - 3], name, 'end', 'bold') + text([PI_EDGE - 10, y + 14], where, 'end', 'small');

export const boardPort = (y: number, { name, line, pin }: NamedPin): string => piPort(y, name, `${line} · pin ${pin}`);
