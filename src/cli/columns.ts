/** Rows as aligned columns, two blanks apart; the columns named in `right` are set flush right. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => length(row[i] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, i) => pad(cell, widths[i] ?? 0, right.includes(i)))
      .join('  ')
      .trimEnd(),
  );
}

/** Characters, not code units: "฿" and "₫" take one place each. */
const length = (cell: string): number => Array.from(cell).length;

function pad(cell: string, width: number, toTheRight: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - length(cell)));
  return toTheRight ? blanks + cell : cell + blanks;
}
