import { getBlob } from './api.js';
import { buildCards, lightReader } from './cards.js';
import { byId, el, setText, whenChanged } from './dom.js';
import { fly } from './fly.js';
import { buildVolume, silence } from './speech.js';
import { screenWords } from './words.js';

/** The box itself: what of it moves, lights up and can be pressed. `act(path, body)` sends what was done to it. */

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'clear', '0', 'cancel', 'ok'];
const KEY_LABELS = { clear: 'Clear', cancel: 'Cancel', ok: 'OK' };
const BY_KEYBOARD = { Enter: 'ok', Backspace: 'clear', Delete: 'clear', Escape: 'cancel' };

export function buildHardware(board, money, act, note) {
  setText(byId('serial'), board.serial);
  byId('glass').style.setProperty('--ratio', `${board.display.width} / ${board.display.height}`);
  const keys = KEYS.filter((key) => board.buttons.includes(key));
  byId('keypad').replaceChildren(...keys.map((key) => keyButton(key, act)));
  byId('keypad').hidden = keys.length === 0;
  byId('pair').hidden = !board.buttons.includes('pair');
  byId('pair').onclick = () => act('/sim/button', { name: 'pair' });
  drawProducts(board.products, money, act);
  fillWallet(board, money, act, note);
  buildCards(act);
  buildVolume(board, act);
  byId('box').onkeydown = (event) => pressByKeyboard(event, keys, act);
}

const keyButton = (key, act) =>
  el(
    'button',
    { type: 'button', class: `key key-${key}`, 'data-key': key, onclick: () => act('/sim/key', { key }) },
    KEY_LABELS[key] ?? key,
  );

/** Digits, Enter, Escape and Backspace press the keypad while the focus is on the box; Enter on a button stays that button's. */
function pressByKeyboard(event, keys, act) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.key === 'Enter' && event.target !== event.currentTarget && !event.target.dataset.key?.match(/^\d$/)) return;
  const key = BY_KEYBOARD[event.key] ?? event.key;
  if (!keys.includes(key) || byId('face').disabled) return;
  event.preventDefault();
  const button = byId('keypad').querySelector(`[data-key="${key}"]`);
  button.classList.add('pressed');
  setTimeout(() => button.classList.remove('pressed'), 120);
  act('/sim/key', { key });
}

const drawProducts = whenChanged((products, money, act) => {
  const button = ({ button, label, priceMinor }) =>
    el(
      'button',
      { type: 'button', class: 'product', 'data-button': button, onclick: () => act('/sim/button', { name: button }) },
      el('span', { class: 'product-name' }, button.toUpperCase()),
      el('span', { class: 'product-label' }, label),
      el('span', { class: 'product-price' }, money(priceMinor)),
    );
  byId('products').replaceChildren(...products.map(button));
  byId('products').hidden = products.length === 0;
});

function fillWallet(board, money, act, note) {
  const piece = (method, minor, all) => {
    const put = ({ currentTarget }) => {
      fly(currentTarget, byId(`${method}-slot`));
      insert(method, { denomination: minor }, act, note);
    };
    const step = Math.min(4, Math.floor((all.indexOf(minor) * 5) / all.length));
    return el(
      'button',
      { type: 'button', class: `${method} ${method}-${step}`, 'aria-label': `Put in a ${money(minor)} ${method}`, onclick: put },
      money(minor),
    );
  };
  for (const method of ['coin', 'bill']) {
    const all = board.denominations[method];
    byId(`${method}s`).replaceChildren(...all.map((minor) => piece(method, minor, all)));
    byId(`${method}s`).hidden = all.length === 0;
    byId(`${method}-slot`).hidden = all.length === 0;
  }
}

const lines = { coin: Promise.resolve(), bill: Promise.resolve() };
let cut = new AbortController();

/**
 * Pieces wait here and not at the server: each takes as long as its pulses do, and a browser keeps few connections open
 * at a time. What still waits when the power goes stays in the wallet.
 */
function insert(method, piece, act, note) {
  const { signal } = cut;
  lines[method] = lines[method].then(async () => {
    if (signal.aborted) return;
    const answer = await act(`/sim/${method}`, piece);
    if (answer?.accepted === false) note(`The ${method} came back: the slot is shut.`);
  });
}

let picture = 0;
let shown = null;

/** Fetches the picture of the screen; an answer that comes after a newer one, or after the power went, is dropped. */
export async function drawScreen() {
  const mine = ++picture;
  const blob = await getBlob('/v1/screen.svg');
  if (mine !== picture) return;
  const url = URL.createObjectURL(blob);
  const image = byId('screen');
  image.src = url;
  image.hidden = false;
  if (shown) URL.revokeObjectURL(shown);
  shown = url;
}

/** A finger on the screen: where it is in the picture, whatever size the picture is shown in. */
export function feelTouch(board, act) {
  const image = byId('screen');
  image.classList.toggle('touch', board.display.touch === true);
  image.onclick =
    board.display.touch === true
      ? ({ offsetX, offsetY }) => {
          const along = (offset, shown, own) => Math.min(own - 1, Math.max(0, Math.floor((offset / shown) * own)));
          const { clientWidth, clientHeight, naturalWidth, naturalHeight } = image;
          void act('/v1/touch', { x: along(offsetX, clientWidth, naturalWidth), y: along(offsetY, clientHeight, naturalHeight) });
        }
      : null;
}

export function powerGone(board) {
  silence();
  lightReader(false);
  picture++;
  cut.abort();
  cut = new AbortController();
  byId('screen').hidden = true;
  byId('screen').removeAttribute('src');
  if (board) drawOutputs(board.delivery === null ? [] : [{ name: board.delivery, active: false }], board);
}

/** Says the screen in words; the idle screen's offers are what the product buttons sell. */
export function describeScreen(screen, money, act) {
  const { says, next } = screenWords(screen, money);
  setText(byId('says'), says);
  setText(byId('next'), next);
  byId('screen').alt = says;
  lightReader(screen.kind === 'present-card');
  if (screen.kind !== 'idle' || screen.offers.length === 0) return;
  drawProducts(
    screen.offers.map(({ button, label, price }) => ({ button, label, priceMinor: price.minor })),
    money,
    act,
  );
}

/** The lamp of every output but the inhibit lines, which show as the slots' own lights. */
export const drawOutputs = whenChanged((outputs, board) => {
  const lamps = outputs.filter(({ name }) => !Object.hasOwn(board.inhibits, name));
  byId('lamps').replaceChildren(...lamps.map(({ name, active }) => lamp(name, active, name === board.delivery)));
  for (const method of ['coin', 'bill']) {
    const lines = outputs.filter(({ name }) => board.inhibits[name]?.method === method);
    const shut = lines.length > 0 && lines.every(({ name, active }) => active === board.inhibits[name].whileActive);
    byId(`${method}-slot`).dataset.state = shut ? 'shut' : 'open';
    byId(`${method}-slot`).title = shut ? `The ${method} slot is shut` : `The ${method} slot is open`;
  }
});

const lamp = (name, active, main) =>
  el(
    'span',
    { class: `lamp${main ? ' lamp-main' : ''}`, 'data-output': name, 'data-active': String(active) },
    el('i', { class: 'bulb', 'aria-hidden': 'true' }),
    `${name} `,
    el('b', {}, active ? 'on' : 'off'),
  );
