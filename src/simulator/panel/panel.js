import { ApiFault, get, post } from './api.js';
import { addEntry, drawCounters, drawJournal, drawQueue, drawStatus, roadOf } from './books.js';
import { showCards } from './cards.js';
import { byId, setText, whenChanged } from './dom.js';
import { buildHardware, describeScreen, drawOutputs, drawScreen, feelTouch, powerGone } from './hardware.js';
import { stayLive } from './live.js';
import { showPrinter } from './printer.js';
import { drawSpeech, showVolume } from './speech.js';
import { buildSwitches, nameLinks, showLinks, showPower } from './switches.js';
import { moneyWords } from './words.js';

const LOOK_EVERY_MS = 1_000;
/** While the machine is driven, so that the lamp shows pulses. */
const DRIVEN_EVERY_MS = 200;
const BOOKS_EVERY_MS = 4_000;
/** Screens with a countdown. */
const COUNTING = ['qr', 'present-card', 'show-qr'];
/** Of a screen that blinks, twice in each of its halves. */
const BLINK_EVERY_MS = 250;
/** Entries come in bursts: one look at the books serves a whole burst. */
const AFTER_ENTRIES_MS = 120;

const DARK = {
  off: ['No power: the box is off.', 'Switch the power on. Everything it had committed is still in its journal.'],
  starting: ['The box is starting.', 'Wait a moment.'],
  gone: ['The simulator has stopped.', 'Start it again with npm start; this page comes back by itself.'],
};

let board = null;
let money = null;
let live = false;
let screen = null;
let driven = false;
let entriesTimer = null;

/** Sends what was done to the box; resolves to its answer, or to nothing when it was refused, which is then said. */
async function act(path, body) {
  note('');
  try {
    return await post(path, body);
  } catch (error) {
    note(error.message);
  } finally {
    soon();
  }
}

let noteTimer;
function note(text) {
  clearTimeout(noteTimer);
  setText(byId('notice'), text);
  byId('notice').hidden = text === '';
  if (text !== '') noteTimer = setTimeout(note, 8_000, '');
}

const build = whenChanged((wanted) => {
  board = wanted;
  money = moneyWords(board.currency, board.fractionDigits);
  buildHardware(board, money, act, note);
  feelTouch(board, act);
});

function onState({ board: wanted, refUrl, power, run, lastDeath }) {
  build(wanted);
  byId('backend').href = hereabouts(refUrl);
  showPower(power === 'on');
  DARK.starting[1] = run === 'restarting' && lastDeath ? `It stopped by itself (${lastDeath}) and is started again.` : 'Wait a moment.';
}

/** The backend runs beside this page: whoever opened it from another machine reaches both by the same name. */
function hereabouts(url) {
  const there = new URL(url);
  if (['localhost', '127.0.0.1'].includes(there.hostname)) there.hostname = location.hostname;
  return there.href;
}

function onUp() {
  live = true;
  setBody('on');
  void look(drawScreen, async () => onScreen(await get('/v1/screen')), relays, speech, printer, books, links);
}

function onDown(why) {
  live = false;
  driven = false;
  setBody(why);
  screen = null;
  powerGone(board);
  const [says, next] = DARK[why];
  setText(byId('says'), says);
  setText(byId('next'), next);
}

function setBody(state) {
  document.body.dataset.power = state;
  for (const id of ['face', 'wallet', 'printer-faults', 'links', 'volume', 'pair']) byId(id).disabled = state !== 'on';
  byId('power').disabled = state === 'gone';
  for (const badge of document.querySelectorAll('.stale')) {
    badge.hidden = state === 'on';
    setText(badge, { off: 'no power', starting: 'starting', gone: 'stopped' }[state] ?? '');
  }
}

function onScreen(next) {
  screen = next;
  describeScreen(next, money, act);
  void look(drawScreen);
}

function onEntry(recorded) {
  addEntry(recorded, money);
  if (recorded.entry.kind === 'act.intent') driven = true;
  if (recorded.entry.kind === 'act.outcome') driven = false;
  soon();
}

/** Looks at everything that a journal entry or a press may have changed, now and once more when the dust has settled. */
function soon() {
  if (entriesTimer) return;
  entriesTimer = setTimeout(() => {
    entriesTimer = null;
    void look(relays, speech, printer, books);
  }, AFTER_ENTRIES_MS);
}

async function relays() {
  const { outputs } = await get('/sim/outputs');
  if (live) drawOutputs(outputs, board);
}

/** Looked at often: what a command has said stands in no entry. */
async function speech() {
  const { transcript } = await get('/sim/speaker');
  if (live) drawSpeech(transcript);
}

const printer = () => showPrinter(act);

/** A change of nothing is answered with how the links are. */
async function links() {
  showLinks(await post('/sim/link', {}));
}

async function books() {
  const [status, queue, counters] = await Promise.all([get('/v1/status'), get('/v1/queue'), get('/v1/counters')]);
  if (!live) return;
  const takesCash = Object.values(board.denominations).some((taken) => taken.length > 0);
  drawStatus({ ...status, uptimeSeconds: 0 }, money, takesCash);
  drawQueue(queue, money);
  drawCounters(counters, money, roadOf(status));
  nameLinks(status.links);
  showCards(status.protocol === 'ds50');
  showVolume(status.volume);
}

/** Looks at the box while it is there. A look that fails because it just went away is not an error: the stream tells. */
async function look(...tasks) {
  if (!live) return;
  const results = await Promise.allSettled(tasks.map((task) => task()));
  for (const { reason } of results) if (reason && live && !isAway(reason)) note(reason.message);
}

const isAway = (error) => error instanceof ApiFault && (error.status === 503 || error.code === 'unreachable');

buildSwitches(act, note);
setInterval(() => !document.hidden && look(relays, ...(COUNTING.includes(screen?.kind) ? [drawScreen] : [])), LOOK_EVERY_MS);
// Also while the page is behind another: it is to be heard.
setInterval(() => look(speech), LOOK_EVERY_MS);
setInterval(() => screen?.kind === 'identify' && !document.hidden && look(drawScreen), BLINK_EVERY_MS);
setInterval(() => driven && !document.hidden && look(relays), DRIVEN_EVERY_MS);
setInterval(() => !document.hidden && look(books), BOOKS_EVERY_MS);
stayLive({ onState, onUp, onDown, onHistory: (history) => drawJournal(history, money), onEntry, onScreen });
