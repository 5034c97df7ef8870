import * as v from 'valibot';
import { type Contradiction, choice, consistent, section, text } from './fields.ts';

const ROTATIONS = [0, 90, 180, 270] as const;
const rotation = v.optional(
  v.pipe(v.picklist(ROTATIONS, '0, 90, 180 or 270'), v.description('Degrees by which the picture is turned clockwise')),
  0,
);

/** What a panel reports at its two ends; the greater one first where it counts the other way. */
const range = (description: string) => {
  const end = v.pipe(v.number(), v.integer(), v.minValue(-1_000_000), v.maxValue(1_000_000));
  return v.pipe(v.tuple([end, end], 'two whole numbers'), v.description(description));
};

const touchPanel = v.pipe(
  section(
    {
      device: text('Below /dev/input, such as event0 or by-path/…-event', 200, /^[\w./:+-]+$/, 'a name below /dev/input'),
      x: range('What the panel reports at its left and its right edge'),
      y: range('What it reports at its upper and its lower edge'),
    },
    'The touch panel in front of it',
  ),
  consistent(function* ({ device, x, y }): Generator<Contradiction> {
    if (device.split('/').includes('..')) yield { at: ['device'], found: JSON.stringify(device), expected: 'a name below /dev/input' };
    for (const [axis, [first, last]] of Object.entries({ x, y })) {
      if (first === last) yield { at: [axis], found: `${first} twice`, expected: 'two different numbers' };
    }
  }),
);

/** The `display` section. */
export const displaySection = () =>
  v.pipe(
    v.variant(
      'driver',
      [
        section(
          {
            driver: v.literal('framebuffer'),
            device: v.optional(text('Name of the framebuffer', 16, /^fb\d{1,2}$/, 'fb0 to fb99'), 'fb0'),
            rotation,
            touch: v.exactOptional(touchPanel),
          },
          'A panel by the framebuffer of Linux, in its own size',
        ),
        section(
          { driver: v.literal('png'), file: text('Where the newest screen stands', 300) },
          "A picture file in the size of the board's display",
        ),
        section({ driver: v.literal('terminal') }, 'Text on the standard output, with a QR that a phone can read'),
        section({ driver: v.literal('none') }, 'Nothing is seen'),
      ],
      'a section with the driver "framebuffer", "png", "terminal" or "none"',
    ),
    v.description('Where the box shows its screens, beside the local API'),
  );

/** The `theme` section. */
export const themeSection = () =>
  section(
    {
      contrast: v.optional(choice('How strong the colours are', ['normal', 'high']), 'normal'),
      text: v.optional(choice('How large the letters are', ['normal', 'large']), 'normal'),
    },
    'How screens look',
  );
