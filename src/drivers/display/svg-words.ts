/** A line of text on a screen, as its SVG draws it. */
export interface Words {
  readonly text: string;
  /** Where `anchor` and the baseline are, pixels. */
  readonly x: number;
  readonly baseline: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly size: number;
  readonly bold: boolean;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** Every line of text on a screen, in the order it is drawn. */
export function wordsOf(svg: string): Words[] {
  return [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(([, attributes = '', text = '']) => {
    const of = (name: string): string => new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
    const anchor = of('text-anchor');
    return {
      text: text.replace(/&([a-z]+|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole),
      x: Number(of('x')),
      baseline: Number(of('y')),
      anchor: anchor === 'middle' || anchor === 'end' ? anchor : 'start',
      size: Number(of('font-size')),
      bold: of('font-weight') === '700',
    };
  });
}
