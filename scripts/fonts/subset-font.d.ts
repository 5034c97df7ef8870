declare module 'subset-font' {
  /** The font with only the glyphs that the characters of `text` need. */
  export default function subsetFont(
    font: Uint8Array,
    text: string,
    options: { readonly targetFormat: 'sfnt'; readonly noHinting: boolean },
  ): Promise<Uint8Array>;
}
