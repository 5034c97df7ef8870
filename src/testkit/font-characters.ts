/** Characters that a TrueType font has glyphs for (OpenType specification, table `cmap`, formats 4 and 12). */
export function charactersOfFont(font: Buffer): Set<number> {
  const cmap = tableOf(font, 'cmap');
  const found = new Set<number>();
  for (let i = 0; i < cmap.readUInt16BE(2); i++) {
    const table = cmap.subarray(cmap.readUInt32BE(4 + 8 * i + 4));
    const format = table.readUInt16BE(0);
    if (format === 4) for (const code of segments(table)) found.add(code);
    if (format === 12) for (const code of groups(table)) found.add(code);
  }
  return found;
}

function tableOf(font: Buffer, tag: string): Buffer {
  for (let i = 0; i < font.readUInt16BE(4); i++) {
    const entry = 12 + 16 * i;
    if (font.toString('latin1', entry, entry + 4) !== tag) continue;
    const offset = font.readUInt32BE(entry + 8);
    return font.subarray(offset, offset + font.readUInt32BE(entry + 12));
  }
  throw new TypeError(`the font has no table ${tag}`);
}

function* segments(table: Buffer): Generator<number> {
  const doubled = table.readUInt16BE(6);
  const [ends, starts] = [14, 16 + doubled];
  const [deltas, offsets] = [starts + doubled, starts + 2 * doubled];
  for (let i = 0; i < doubled; i += 2) {
    for (let code = table.readUInt16BE(starts + i); code <= table.readUInt16BE(ends + i) && code < 0xffff; code++) {
      const offset = table.readUInt16BE(offsets + i);
      const glyph =
        offset === 0
          ? (code + table.readUInt16BE(deltas + i)) & 0xffff
          : table.readUInt16BE(offsets + i + offset + 2 * (code - table.readUInt16BE(starts + i)));
      if (glyph !== 0) yield code;
    }
  }
}

function* groups(table: Buffer): Generator<number> {
  for (let i = 0; i < table.readUInt32BE(12); i++) {
    const at = 16 + 12 * i;
    for (let code = table.readUInt32BE(at); code <= table.readUInt32BE(at + 4); code++) yield code;
  }
}
