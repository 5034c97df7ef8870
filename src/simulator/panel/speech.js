import { getBlob } from './api.js';
import { byId, el, setText, whenChanged } from './dom.js';

/** What the box says, to be read and to be heard, and the volume keys. */

/** Percent that one bar stands for. */
const BAR = 20;
const BARS = 5;
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
  setText(byId('volume-now'), `Volume ${volume} %`);
}

function loudness(volume) {
  const full = Math.ceil(volume / BAR);
  return el(
    'span',
    { class: 'loudness', title: `volume ${volume} %` },
    el('span', { 'aria-hidden': 'true' }, '▮'.repeat(full) + '▯'.repeat(BARS - full)),
    ` ${volume} %`,
  );
}

/** What was said, newest first. */
export const drawSpeech = whenChanged((transcript) => {
  const newest = transcript.slice(-4).reverse();
  const items = newest.map(({ text, volume }) => el('li', {}, `${text} `, loudness(volume)));
  byId('speech').replaceChildren(...(items.length > 0 ? items : [el('li', { class: 'empty' }, 'Nothing yet')]));
  if (items.length > 0) byId('grille').animate([{ opacity: 1 }, { opacity: 0.35 }, { opacity: 1 }], { duration: 300, iterations: 3 });
  playFresh(transcript);
});

let heardMs = null;
let playing = Promise.resolve();
let power = new AbortController();

/** A box without power says nothing more. */
export function silence() {
  power.abort();
  power = new AbortController();
}

/** Plays what has been said since the last look, one after the other; what was said before the page was open is history. */
function playFresh(transcript) {
  const fresh = heardMs === null ? [] : transcript.filter(({ atMs, clip, sound }) => (clip || sound) && atMs > heardMs);
  heardMs = Math.max(heardMs ?? 0, ...transcript.map(({ atMs }) => atMs));
  const { signal } = power;
  for (const line of fresh.slice(-3)) playing = playing.then(() => play(line, signal));
}

/** The recording where the resource package brings one, else the voice, which is as loud as it was said. */
async function play({ clip, sound, volume }, signal) {
  if (signal.aborted) return;
  let url;
  try {
    const recording = clip && (await getBlob(`/sim/sounds/${clip}.mp3`));
    const blob = recording?.size || !sound ? recording : await getBlob(`/sim/voice/${sound}.wav`);
    if (!blob?.size || signal.aborted) return;
    url = URL.createObjectURL(blob);
    const audio = new Audio(url);
    audio.volume = blob === recording ? volume / 100 : 1;
    const over = new Promise((done) => {
      audio.onended = done;
      audio.onerror = done;
      signal.addEventListener('abort', done);
    });
    await audio.play();
    await over;
    audio.pause();
  } catch {
    // No sound before the first click, a file the browser cannot play, a box that went away: the words say it all.
  } finally {
    if (url) URL.revokeObjectURL(url);
  }
}
