import { amountClips } from './amount.ts';
import type { Announcement } from './announcement.ts';
import { CHIME, type ClipId } from './clips.ts';
import type { Language } from './language.ts';
import { countClips, USUAL_STYLE } from './number.ts';

/**
 * The clips that say an announcement, in order: what a voice plays without a gap. Money that came in, and the speaker's
 * test, begin with the chime.
 * @throws CallerFault `amount-invalid` or `number-unspeakable`
 */
export function utterance(announcement: Announcement, language: Language, style = USUAL_STYLE): ClipId[] {
  const { phrase, amount } = announcement;
  const sum = (): ClipId[] => (amount ? amountClips(amount, language, style) : []);
  switch (phrase) {
    case 'received':
    case 'amount':
      return [CHIME, `phrase-${phrase}`, ...sum()];
    case 'received-many': {
      const { count } = announcement;
      const times = count === 1 ? [] : [...countClips(count, language, style), 'payments-total'];
      return [CHIME, 'phrase-received', ...times, ...sum()];
    }
    case 'present-card':
      return [...sum(), 'phrase-present-card'];
    case 'test':
      return [CHIME, 'phrase-test'];
    default:
      return [`phrase-${phrase}`];
  }
}
