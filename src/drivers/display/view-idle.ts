import { moneyText } from '../../domain/money-text.ts';
import type { Screen } from '../../domain/screen.ts';
import { type Block, disc, firstWithin, iconBlock, logoBlock, NOTHING, row, space, stack, text } from './blocks.ts';
import { type IconName, icon } from './icons.ts';
import type { Logo } from './logo.ts';
import { catalogue } from './offer-cards.ts';
import { widthOf } from './text-fit.ts';
import { LEAST_AMOUNT } from './theme.ts';
import { touchButton } from './touch-button.ts';
import { type Area, creditPill, type Picture, type View, withPlainText } from './view.ts';

type Idle = Extract<Screen, { kind: 'idle' }>;

/** Waiting for a customer: products to choose, an amount being typed, or a welcome; below, how one can pay. */
export function idleView(view: View, screen: Idle, logo: Logo | null): Picture {
  const { sizes } = view;
  const { pad, gap } = sizes;
  const width = sizes.width - 2 * pad;
  const foot = methods(view, screen, width);
  const footTop = sizes.height - pad - foot.height;
  const room = { width, height: footTop - gap - pad };
  const content =
    screen.typed || screen.offers.length === 0
      ? greeting(view, screen, room, logo)
      : catalogue(view, screen.offers, { credit: screen.credit, logo }, room);
  return { ground: view.colours.ground, bar: view.colours.accent.ink, content: content + foot.draw(pad, footTop) };
}

function greeting(view: View, { typed, cash, card, credit }: Idle, room: Area, logo: Logo | null): string {
  const { sizes, colours, texts, language } = view;
  const line = { width: room.width, align: 'middle', language } as const;
  const { title, hint } = typed ? texts.typed : { title: texts.welcome, hint: cash ? texts.welcomeCash : texts.welcomeQr };
  const keys = view.buttons && typed ? typedKeys(view, room.width) : NOTHING;
  const words = [
    text(title, { ...line, size: sizes.title, fill: colours.ink, weight: 700 }),
    typed ? text(moneyText(typed), { ...line, size: sizes.hero, least: LEAST_AMOUNT, fill: colours.accent.ink, weight: 700 }) : NOTHING,
    keys === NOTHING ? text(hint, { ...line, size: sizes.body, lines: 2, fill: colours.quiet }) : NOTHING,
    creditPill(view, credit, room.width),
    keys,
  ];
  const gap = Math.round(sizes.gap / 2);
  const under = (sign: Block) => stack([sign, sign.height > 0 ? space(gap) : NOTHING, ...words], room.width, gap, 'middle');
  const brand = (share: number) => (logo ? logoBlock(logo, { width: room.width * 0.7, height: room.height * share }) : NOTHING);
  const sign = disc(cash ? 'coin' : card ? 'card' : 'qr', sizes.icon, colours.accent);
  const whole = typed
    ? stack(words, room.width, gap, 'middle')
    : firstWithin(room.height, logo ? [under(brand(0.5)), under(brand(0.35)), under(brand(0.2)), under(NOTHING)] : [under(sign)]);
  return whole.draw(sizes.pad, sizes.pad + Math.max(0, Math.round((room.height - whole.height) / 2)));
}

/** The keys that end typing, as buttons. */
function typedKeys(view: View, most: number): Block {
  const { sizes, colours, texts } = view;
  const { touch: height, gap } = sizes;
  const width = Math.floor(Math.min((most - gap) / 2, height * 3));
  const look = { width, height } as const;
  return row(
    [
      touchButton(view, { ...look, key: 'clear', label: texts.keys.clear, tone: colours.button }),
      touchButton(view, { ...look, key: 'ok', label: texts.keys.ok, icon: 'check', tone: colours.primary }),
    ],
    gap,
  );
}

/** How one can pay now, and the PIN of a box that is still to be claimed. */
function methods(view: View, screen: Idle, width: number): Block {
  const { qr, cash, card, pin } = screen;
  const { sizes, colours, texts, language } = view;
  const known = [
    { icon: 'phone', label: texts.qr, possible: qr },
    ...(cash === undefined ? [] : [{ icon: 'coin', label: texts.cash, possible: cash } as const]),
  ] as const;
  // A box with a card reader often has nothing else: what it does not have is no news to the customer.
  const shown =
    card === undefined ? known : [{ icon: 'card', label: texts.card, possible: card } as const, ...known.filter((way) => way.possible)];
  const claimed = pin === null ? 0 : Math.min(width / 2, widthOf(`PIN ${pin}`, sizes.small, 700) + sizes.gap);
  const rowOf = (gap: number, explained: boolean) =>
    row(
      shown.map(({ icon, label, possible }) =>
        method(view, icon, possible || !explained ? label : `${label}: ${texts.unavailable}`, possible),
      ),
      gap,
    );
  // The crossed sign alone says what is not possible, where the words have no room.
  const barest = rowOf(sizes.gap, false);
  const fitting = [rowOf(sizes.gap * 2, true), rowOf(sizes.gap, true), barest].find((one) => one.width <= width - claimed);
  if (!fitting && view.theme.text === 'large') return methods(withPlainText(view), screen, width);
  const ways = fitting ?? barest;
  if (pin === null) return { ...ways, width };
  const room = width - ways.width - sizes.gap;
  const claim = text(`PIN ${pin}`, { width: room, size: sizes.small, fill: colours.quiet, weight: 700, align: 'end', language });
  return {
    width,
    height: ways.height,
    draw: (left, top) => ways.draw(left, top) + claim.draw(left + width - room, top + (ways.height - claim.height) / 2),
  };
}

function method({ sizes, colours, language }: View, name: IconName, words: string, possible: boolean): Block {
  const size = Math.round(sizes.small * 1.5);
  const ink = possible ? colours.ink : colours.quiet;
  const sign = iconBlock(name, size, ink);
  const crossed: Block = possible
    ? sign
    : { ...sign, draw: (left, top) => sign.draw(left, top) + icon('slash', left, top, size, colours.bad.ink, 2.5) };
  const line = { width: sizes.width * 0.5, size: sizes.small, fill: ink, weight: possible ? 700 : 400, language } as const;
  return row([crossed, text(words, line)], Math.round(sizes.gap * 0.7));
}
