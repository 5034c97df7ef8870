// What the parts of the page share: plain DOM calls, never HTML built from data; formats; calls to the control API.

/** The part of the page with this id. */
export const $ = (id) => document.getElementById(id);

/** Difference between the backend's clock and this browser's, in milliseconds. */
let clockAheadMs = 0;
const backendNowMs = () => Date.now() + clockAheadMs;
/** Sets that clock by what the backend just said. */
export function setBackendClock(nowMs) {
  clockAheadMs = nowMs - Date.now();
}

/** Brings the countdowns up to date; true when one has just run out. */
export function countDown() {
  let over = false;
  for (const place of document.querySelectorAll('[data-expires]')) {
    const seconds = Math.ceil((Number(place.dataset.expires) - backendNowMs()) / 1000);
    place.textContent = seconds > 0 ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left` : 'expired';
    over ||= seconds <= 0;
  }
  return over;
}

/** An element with its properties and children; texts become text nodes. `attributes` for what has no property. */
export function make(tag, { attributes = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Replaces what a part of the page shows, and keeps what a person is typing in it, has unfolded, and where the focus is. */
export function draw(part, ...children) {
  const typed = new Map([...part.querySelectorAll('input')].map((input) => [input.id, input.value]));
  const focused = part.contains(document.activeElement) ? document.activeElement.id : '';
  const unfolded = [...part.querySelectorAll('details[open][id]')].map(({ id }) => id);
  part.replaceChildren(...children);
  for (const input of part.querySelectorAll('input')) if (typed.has(input.id)) input.value = typed.get(input.id);
  for (const details of part.querySelectorAll('details[id]')) details.open = unfolded.includes(details.id);
  if (focused !== '') $(focused)?.focus();
}

/**
 * Shows one child of `list` for each of `items`, in their order. A child is made once for its key, kept, and moved only
 * when it must be; `update` brings it up to date.
 */
export function keepRows(list, items, keyOf, makeRow, update = () => {}) {
  const known = new Map([...list.children].map((row) => [row.key, row]));
  const rows = items.map((item) => known.get(keyOf(item)) ?? Object.assign(makeRow(item), { key: keyOf(item) }));
  for (const row of [...list.children]) if (!rows.includes(row)) row.remove();
  for (const [place, row] of rows.entries()) {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
    update(row, items[place]);
  }
}

export const baht = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
/** An amount of whatever currency has cents. */
export const amountText = (minor) => baht.format(minor / 100);
export const money = (minor) => `฿${amountText(minor)}`;
const timeOfDay = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const isToday = (ms) => new Date(ms).toDateString() === new Date(backendNowMs()).toDateString();
export const when = (ms) => (isToday(ms) ? timeOfDay : dateAndTime).format(ms);
export const badge = (text, tone) => make('span', { className: `badge ${tone}` }, text);
export const empty = (...children) => make('p', { className: 'empty' }, ...children);

let noticeTimer;
export function notify(text, bad = false) {
  const notice = $('notice');
  notice.textContent = text;
  notice.className = bad ? 'notice bad' : 'notice';
  notice.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(
    () => {
      notice.hidden = true;
    },
    bad ? 10_000 : 4000,
  );
}

export async function call(method, path, body) {
  const request = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`ref/${path}`, request);
  const answer = await response.json();
  if (response.ok) return answer;
  const { message, remedy } = answer.error;
  throw new Error(remedy ? `${message}. ${remedy}` : message);
}

/** Does what a button asks for and says how it went. */
export async function act(text, work) {
  try {
    await work();
    if (text !== null) notify(text);
  } catch (error) {
    notify(error.message, true);
  }
}
