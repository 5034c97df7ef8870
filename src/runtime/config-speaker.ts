import * as v from 'valibot';
import { section, text } from './fields.ts';

/** The `speaker` section. */
export const speakerSection = () =>
  v.pipe(
    v.variant(
      'driver',
      [
        section(
          { driver: v.literal('alsa'), device: v.optional(text('As `aplay -L` lists it', 200), 'default') },
          'A sound card, by the aplay of the system',
        ),
        section(
          { driver: v.literal('wav'), file: text('Where it is written when the box stops', 300) },
          'A file of all that was said, ten minutes at most',
        ),
        section({ driver: v.literal('none') }, 'Nothing is heard'),
      ],
      'a section with the driver "alsa", "wav" or "none"',
    ),
    v.description("What the box speaks with instead of its board's own loudspeaker"),
  );
