import { HEADER } from '../../../domain/cash/cctalk/headers.ts';
import { type CcTalkIdentity, pieceNameOf, scalingOf, textOf } from '../../../domain/cash/cctalk/identity.ts';
import type { CashMethod } from '../../../domain/journal.ts';

/** Asks what not every device knows: null when it refuses or says nothing. */
type AskIfKnown = (header: number, data?: readonly number[]) => Promise<readonly number[] | null>;

/** What a device says of itself, and of the positions that the board lists. */
export async function identify(
  ask: AskIfKnown,
  method: CashMethod,
  serial: string | null,
  positions: readonly number[],
): Promise<CcTalkIdentity> {
  const textAt = async (header: number) => textOf((await ask(header)) ?? []);
  const [manufacturer, category, product] = [
    await textAt(HEADER.manufacturer),
    await textAt(HEADER.category),
    await textAt(HEADER.product),
  ];
  const [header, length] = method === 'coin' ? ([HEADER.coinId, 6] as const) : ([HEADER.billId, 7] as const);
  const pieces: Record<string, string> = {};
  let country: string | null = null;
  for (const position of positions) {
    const id = await ask(header, [position]);
    // One that does not know it of one position knows it of none.
    if (id === null) break;
    const name = pieceNameOf(id, length);
    if (name === null) continue;
    pieces[String(position)] = name;
    country ??= name.slice(0, 2);
  }
  const scaling =
    country === null
      ? null
      : await ask(
          HEADER.scaling,
          [...country].map((letter) => letter.charCodeAt(0)),
        );
  return { manufacturer, category, product, serial, pieces, scaling: scaling && scalingOf(scaling) };
}
