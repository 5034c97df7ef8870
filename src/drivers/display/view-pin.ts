import type { Screen } from '../../domain/screen.ts';
import { type Block, firstWithin, rect, row, space, stack, text } from './blocks.ts';
import { type Picture, type View, withPlainText } from './view.ts';

type Pin = Extract<Screen, { kind: 'pin' }>;

/** The PIN in tiles, as it is typed on the backend's page. */
export function pinView(view: View, screen: Pin): Picture {
  const { sizes, colours } = view;
  const plain = withPlainText(view);
  const whole = firstWithin(sizes.height - 2 * sizes.pad, [
    pinBlock(view, screen, sizes.gap),
    pinBlock(view, screen, 0),
    pinBlock(plain, screen, sizes.gap),
    pinBlock(plain, screen, 0),
  ]);
  const content = whole.draw(sizes.pad, Math.round((sizes.height - whole.height) / 2));
  return { ground: colours.ground, bar: colours.accent.ink, content };
}

function pinBlock(view: View, { pin, deviceId }: Pin, air: number): Block {
  const { sizes, colours, texts, language } = view;
  const width = sizes.width - 2 * sizes.pad;
  const line = { width, align: 'middle', language } as const;
  const characters = Array.from(pin);
  const tiles = characters.map((character) => tile(view, character, width, characters.length));
  return stack(
    [
      text(texts.pin.title, { ...line, size: sizes.title, fill: colours.ink, weight: 700 }),
      space(air),
      characters.length <= 10
        ? row(tiles, sizes.gap)
        : text(pin, { ...line, size: sizes.title, lines: 2, fill: colours.accent.ink, weight: 700 }),
      space(air),
      text(texts.pin.hint, { ...line, size: sizes.body, lines: 2, fill: colours.ink }),
      text(`${texts.device} ${deviceId}`, { ...line, size: sizes.small, lines: 2, fill: colours.quiet }),
    ],
    width,
    Math.round(sizes.gap / 2),
    'middle',
  );
}

function tile({ sizes, colours, language }: View, character: string, room: number, count: number): Block {
  const width = Math.floor(Math.min(sizes.hero * 0.95, (room - (count - 1) * sizes.gap) / count));
  const height = Math.round(width * 1.3);
  const size = Math.round(width * 0.8);
  const letter = text(character, { width, size, fill: colours.accent.ink, weight: 700, align: 'middle', language });
  const style = { fill: colours.surface, line: colours.line, stroke: sizes.stroke, radius: sizes.radius };
  return {
    width,
    height,
    draw: (left, top) => rect(left, top, width, height, style) + letter.draw(left, top + (height - letter.height) / 2),
  };
}
