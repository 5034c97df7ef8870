import { post } from './api.js';
import { byId, el, setText, whenChanged } from './dom.js';

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
    { class: 'link', id: `link-${link}`, role: 'radiogroup', 'aria-label': `${label} link` },
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

/** Shows the switches of the links the box has: whatever is not MQTT, a WebSocket too, begins as HTTP and has its switch. */
export const nameLinks = whenChanged((states) => {
  const names = Object.keys(states);
  nameLink('mqtt', names.includes('mqtt') && LINKS.mqtt);
  nameLink('http', names.includes('websocket') ? 'WebSocket' : names.some((name) => name !== 'mqtt') && LINKS.http);
});

function nameLink(link, name) {
  const place = byId(`link-${link}`);
  place.hidden = name === false;
  if (name === false) return;
  place.setAttribute('aria-label', `${name} link`);
  setText(place.querySelector('.label'), name);
}
