/** Line drawings on a 24 by 24 grid. */
const PATHS = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6 6l12 12M18 6L6 18',
  alert: 'M12 4v10M12 18.5v.5',
  clock: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 7.5V12l3 2',
  hourglass: 'M7 3h10M7 21h10M8 3v4l4 5l-4 5v4M16 3v4l-4 5l4 5v4',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.700l1-1',
  coin: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 7a5 5 0 1 0 0 10a5 5 0 1 0 0-10',
  bill: 'M3 6h18v12H3zM12 9.500a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5M6 9v.01M18 15v.01',
  qr: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2M20 14v2h-2M14 20v-1M17 20h3v-1',
  phone: 'M8 3h8a1.5 1.5 0 0 1 1.5 1.500v15a1.5 1.5 0 0 1-1.5 1.500H8a1.5 1.5 0 0 1-1.5-1.500v-15A1.5 1.5 0 0 1 8 3M11 18h2',
  wrench: 'M14.5 6.500a4 4 0 0 1 5-1.200L17 8l2 2l2.6-2.500a4 4 0 0 1-5.4 4.600L8 20.500a2 2 0 0 1-3-3l8.3-8.300a4 4 0 0 1 1.2-2.7',
  card: 'M4.500 5.500h15A1.500 1.500 0 0 1 21 7v10a1.500 1.500 0 0 1-1.500 1.500h-15A1.500 1.500 0 0 1 3 17V7a1.500 1.500 0 0 1 1.500-1.500M3 10h18M6.500 14.500h4',
  'card-refused':
    'M20 11V7a1.500 1.500 0 0 0-1.500-1.500h-14A1.500 1.500 0 0 0 3 7v9a1.500 1.500 0 0 0 1.500 1.500H12M3 10h17M6.500 14h3M15.500 15l5 5M20.500 15l-5 5',
  sound: 'M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM15.500 9a4.500 4.500 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11',
  download: 'M12 4v11M7.500 11l4.500 4.500l4.500-4.500M5 20h14',
  restart: 'M19.500 12a7.500 7.500 0 1 1-2.500-5.600M17.500 3v4h-4',
  slash: 'M4.5 19.5l15-15',
  power: 'M12 3v9M7 6.500a8 8 0 1 0 10 0',
  arrow: 'M5 12h13M12.5 6.500L18 12l-5.5 5.5',
} as const;

export type IconName = keyof typeof PATHS;

/** An icon `size` pixels wide and high, drawn in one colour. `weight` is the line width on the 24 grid. */
export function icon(name: IconName, left: number, top: number, size: number, colour: string, weight = 2): string {
  const scale = Math.round((size / 24) * 1_000) / 1_000;
  return (
    `<path transform="translate(${Math.round(left)} ${Math.round(top)}) scale(${scale})" d="${PATHS[name]}" fill="none" stroke="${colour}" ` +
    `stroke-width="${weight}" stroke-linecap="round" stroke-linejoin="round"/>`
  );
}
