import { post } from './api.js';
import { byId, el, setText } from './dom.js';

/** The switches that make trouble: the mains, and the two links to the backend. */

const LINKS = { mqtt: 'MQTT', http: 'HTTP' };
const STATES = { up: 'up', slow: 'slow', down: 'cut' };

export function buildSwitches(act, note) {
  for (const [link, label] of Object.entries(LINKS)) byId('links').append(linkSwitch(link, label, act));
  byId('power').addEventListener('click', async () => {
    const cut = byId('power').getAttribute('aria-checked') === 'true';
    showPower(!cut);
    try {
      await post('/sim/power', { cut });
    } catch (error) {
      showPower(cut);
      note(error.message);
    }
  });
}

const linkSwitch = (link, label, act) =>
  el(
    'div',
    { class: 'link', role: 'radiogroup', 'aria-label': `${label} link` },
    el('span', { class: 'label' }, label),
    el(
      'span',
      { class: 'segments' },
      ...Object.entries(STATES).map(([state, words]) =>
        el(
          'label',
          { class: `segment ${state}` },
          el('input', {
            type: 'radio',
            name: `link-${link}`,
            value: state,
            checked: state === 'up',
            onchange: () => act('/sim/link', { [link]: state }),
          }),
          el('span', {}, words),
        ),
      ),
    ),
  );

export function showPower(on) {
  byId('power').setAttribute('aria-checked', String(on));
  setText(byId('power-now'), on ? 'on' : 'cut');
}

/** Sets the switches as the box has them: after a power cut its links are up again. */
export function showLinks(states) {
  for (const [link, state] of Object.entries(states)) {
    const input = document.querySelector(`input[name="link-${link}"][value="${state}"]`);
    if (input) input.checked = true;
  }
}
