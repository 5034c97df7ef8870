import { byId, el, setText } from './dom.js';
import { fly } from './fly.js';

/** The card reader of the box, and the cards in the wallet. Only boxes whose backend takes cards have them. */

const CARDS = { visa: 'VISA', amex: 'AMEX', unreadable: 'Damaged' };
const HINTS = { visa: '•••• 1111', amex: '•••• 0005', unreadable: 'unreadable' };

export function buildCards(act) {
  const card = (name) =>
    el(
      'button',
      {
        type: 'button',
        class: `pay-card pay-card-${name}`,
        'data-card': name,
        'aria-label': `Hold the ${CARDS[name]} card against the reader`,
        onclick: ({ currentTarget }) => {
          fly(currentTarget, byId('card-slot'));
          act('/sim/card', { card: name });
        },
      },
      el('b', {}, CARDS[name]),
      el('span', {}, HINTS[name]),
    );
  byId('cards').replaceChildren(...Object.keys(CARDS).map(card));
}

/** Shows reader and cards on a box that takes cards, and hides them on any other. */
export function showCards(taken) {
  byId('cards').hidden = !taken;
  byId('card-slot').hidden = !taken;
}

/** The light of the reader: whether a card is waited for. */
export function lightReader(waiting) {
  const slot = byId('card-slot');
  slot.dataset.state = waiting ? 'open' : 'idle';
  slot.title = waiting ? 'A card is waited for' : 'No card is waited for';
  setText(byId('reader-now'), waiting ? 'tap here' : 'idle');
}
