import { isDark, type QrMatrix, QUIET_ZONE } from './qr-matrix.ts';

/** Path data of the dark modules, `unit` whole pixels each, with the symbol's first module at `left`, `top`. */
export function qrPath(matrix: QrMatrix, left: number, top: number, unit: number): string {
  const runs: string[] = [];
  for (let row = 0; row < matrix.size; row++) {
    for (let column = 0; column < matrix.size; column++) {
      if (!isDark(matrix, row, column)) continue;
      let end = column + 1;
      while (isDark(matrix, row, end)) end++;
      const width = (end - column) * unit;
      runs.push(`M${left + column * unit} ${top + row * unit}h${width}v${unit}h-${width}z`);
      column = end;
    }
  }
  return runs.join('');
}

/** A picture of its own: `unit` whole pixels a module, the quiet zone included. */
export function qrSvg(matrix: QrMatrix, unit: number): string {
  const side = (matrix.size + 2 * QUIET_ZONE) * unit;
  const path = qrPath(matrix, QUIET_ZONE * unit, QUIET_ZONE * unit, unit);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 ${side} ${side}">` +
    `<rect width="${side}" height="${side}" fill="#fff"/><path d="${path}" fill="#000" shape-rendering="crispEdges"/></svg>\n`
  );
}
