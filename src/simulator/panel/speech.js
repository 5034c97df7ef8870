import { getBlob } from './api.js';
import { byId, el, setText, whenChanged } from './dom.js';

/** What the box says: its words always, its recordings where the resource package brings them, and the volume keys. */

const LOUDEST = 5;
const KEYS = { 'volume-down': ['−', 'Softer'], 'volume-up': ['+', 'Louder'] };

export function buildVolume(board, act) {
  const keys = Object.keys(KEYS).filter((name) => board.buttons.includes(name));
  const key = (name) =>
    el(
      'button',
      { type: 'button', class: 'key', 'data-button': name, 'aria-label': KEYS[name][1], onclick: () => act('/sim/button', { name }) },
      KEYS[name][0],
    );
  byId('volume-keys').replaceChildren(...keys.map(key));
  byId('volume').hidden = keys.length === 0;
}

export function showVolume(volume) {
  setText(byId('volume-now'), `Volume ${volume}`);
}

const bars = (volume) => '▮'.repeat(volume) + '▯'.repeat(LOUDEST - volume);

/** What was said, newest first. */
export const drawSpeech = whenChanged((transcript) => {
  const newest = transcript.slice(-4).reverse();
  const items = newest.map(({ text, volume }) =>
    el(
      'li',
      {},
      text,
      byId('volume').hidden ? null : el('span', { class: 'loudness', title: `volume ${volume} of ${LOUDEST}` }, bars(volume)),
    ),
  );
  byId('speech').replaceChildren(...(items.length > 0 ? items : [el('li', { class: 'empty' }, 'Nothing yet')]));
  if (items.length > 0) byId('grille').animate([{ opacity: 1 }, { opacity: 0.35 }, { opacity: 1 }], { duration: 300, iterations: 3 });
  playFresh(transcript);
});

let heardMs = null;
let playing = Promise.resolve();

/** Plays the recordings of what has been said since the last look, one after the other; what was said before the page was open is history. */
function playFresh(transcript) {
  const fresh = heardMs === null ? [] : transcript.filter(({ atMs, clip }) => clip && atMs > heardMs);
  heardMs = Math.max(heardMs ?? 0, ...transcript.map(({ atMs }) => atMs));
  for (const { clip, volume } of fresh.slice(-3)) playing = playing.then(() => play(clip, volume));
}

async function play(clip, volume) {
  let url;
  try {
    const blob = await getBlob(`/sim/sounds/${clip}.mp3`);
    if (blob.size === 0) return;
    url = URL.createObjectURL(blob);
    const audio = new Audio(url);
    audio.volume = volume / LOUDEST;
    const over = new Promise((done) => {
      audio.onended = done;
      audio.onerror = done;
    });
    await audio.play();
    await over;
  } catch {
    // No sound before the first click, a file the browser cannot play, a box that went away: the words say it all.
  } finally {
    if (url) URL.revokeObjectURL(url);
  }
}
