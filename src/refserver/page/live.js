// Keeps a page up to date: draws what the backend's stream says has changed.

import { $, notify } from './dom.js';

/** Runs one refresh of a kind at a time, and once more when something changed meanwhile. */
const running = new Map();
export async function refresh(show) {
  if (running.has(show)) {
    running.set(show, true);
    return;
  }
  do {
    running.set(show, false);
    try {
      await show();
    } catch (error) {
      notify(`The backend does not answer: ${error.message}`, true);
    }
  } while (running.get(show));
  running.delete(show);
}

function setLive(up) {
  $('live').textContent = up ? 'live' : 'not connected';
  $('live').classList.toggle('up', up);
}

/** Draws everything on connecting, then what has changed. `shows` names what draws each kind of change; other kinds are not for this page. */
export function keepUpToDate(shows) {
  const stream = new EventSource('ref/stream');
  stream.addEventListener('ready', () => {
    setLive(true);
    for (const show of new Set(Object.values(shows))) void refresh(show);
  });
  stream.addEventListener('change', ({ data }) => {
    if (shows[data]) void refresh(shows[data]);
  });
  stream.addEventListener('error', () => {
    setLive(false);
    // A browser gives up for good when the answer was an error; a lost connection it takes up again by itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => keepUpToDate(shows), 2000);
  });
}
