import { get, getBlob } from './api.js';
import { byId, el, whenChanged } from './dom.js';

const FAULTS = [
  [null, 'Ready'],
  ['paper-out', 'No paper'],
  ['cover-open', 'Cover open'],
  ['offline', 'Unplugged'],
];

let shown = null;

/** The virtual printer, where the box has one: its newest ticket, and what is made to be wrong with it. */
export async function showPrinter(act) {
  const { printer } = await get('/sim/printer');
  byId('printer').hidden = printer === null;
  if (!printer) return;
  drawFaults(printer.fault, act);
  if (printer.ticket) await drawTicket();
}

const drawFaults = whenChanged((fault, act) => {
  byId('printer-faults').replaceChildren(
    ...FAULTS.map(([value, words]) => {
      const button = el(
        'button',
        { type: 'button', 'aria-pressed': String(value === fault), class: value === null ? 'well' : 'faulty' },
        words,
      );
      button.onclick = () => void act('/sim/printer', { fault: value });
      return button;
    }),
  );
});

async function drawTicket() {
  const url = URL.createObjectURL(await getBlob('/sim/ticket.png'));
  const image = byId('ticket');
  image.src = url;
  image.hidden = false;
  byId('no-ticket').hidden = true;
  if (shown) URL.revokeObjectURL(shown);
  shown = url;
}
