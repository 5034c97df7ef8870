/** Puts amounts, screens and journal entries into plain words. Pure: no page, no network. */

/** A function from minor units to text: 2000 -> "฿20", 2050 -> "฿20.50". */
export function moneyWords(currency, fractionDigits) {
  const format = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
    trailingZeroDisplay: 'stripIfInteger',
  });
  return (minor) => format.format(minor / 10 ** fractionDigits);
}

const FAILURES = {
  'qr-expired': 'The QR expired unpaid.',
  'qr-failed': 'The QR payment failed.',
  'qr-refused': 'No QR could be made.',
  'card-declined': 'The card was declined. Nothing was paid.',
  'card-not-sent': 'There was no connection to the payment server. The card was not charged.',
  'card-unanswered': 'The payment server did not answer. It is asked again whether the card was charged.',
  'terminal-declined': 'The payment was not taken.',
  'top-up-unanswered': 'The operator of the card did not answer. It is asked again whether the card was credited.',
  'terminal-unanswered': 'The backend has not said what became of the payment. Do not pay again.',
  cancelled: 'Cancelled.',
  timeout: 'Nothing happened for too long.',
  delivery: 'Paid, but the machine did not run.',
};

const CARD_FAILURES = {
  bad: 'The card is no good.',
  used: 'The card was sent before.',
  'not-possible': 'No card can be taken now.',
};

const OUTAGES = { backend: 'no connection to the backend' };

const sentence = (...parts) => parts.filter(Boolean).join(' ');
const cardHint = ({ topUp }) => (topUp ? ' Or press 1 for a top-up card.' : '');
const creditWords = (credit, money) => (credit.minor > 0 ? `Credit: ${money(credit.minor)}.` : '');

/** What the screen says, and what the person at the page may do next. */
export function screenWords(screen, money) {
  switch (screen.kind) {
    case 'starting':
      return { says: 'The box is starting.', next: '' };
    case 'pairing':
      return screen.state === 'refused'
        ? { says: `The backend refused to pair: ${screen.reason}`, next: 'Press Pair to try again.' }
        : { says: 'Asking the backend for a PIN.', next: screen.reason };
    case 'pin':
      return { says: `PIN ${screen.pin}`, next: `Claim the box with PIN ${screen.pin} on the reference backend's page.` };
    case 'idle':
      return idleWords(screen, money);
    case 'requesting':
      return { says: `Getting a QR for ${money(screen.due.minor)}.`, next: screen.cash ? 'Coins and bills are taken already.' : '' };
    case 'qr':
      return {
        says: sentence(`Scan the QR to pay ${money(screen.rest.minor)}${of(screen, money)}.`, creditWords(screen.credit, money)),
        next: `Play the customer: press “Customer pays” on the reference backend's page${screen.cash ? ', or put in coins and bills' : ''}.${cardHint(screen)}`,
      };
    case 'insert-cash':
      return {
        says: sentence(`Put in ${money(screen.rest.minor)}${of(screen, money)}.`, creditWords(screen.credit, money)),
        next: `${screen.qrPossible ? 'A QR for the rest follows.' : 'Use the wallet below, or Cancel.'}${cardHint(screen)}`,
      };
    case 'present-card':
      return {
        says: sentence(
          `Present a card to pay ${money(screen.rest.minor)}${of(screen, money)}.`,
          screen.message,
          creditWords(screen.credit, money),
        ),
        next: `Hold a card of your wallet against the reader${screen.cash ? ', or put in coins and bills' : ''}. Cancel ends it.`,
      };
    case 'authorising':
      return { says: `Asking the payment server for ${money(screen.due.minor)}.`, next: '' };
    case 'announcement':
      return { says: sentence(`${money(screen.amount.minor)} was paid elsewhere.`, screen.message), next: '' };
    case 'identify':
      return { says: `Here is the box ${screen.serial}.`, next: 'The backend looks for it: it blinks and beeps.' };
    case 'show-qr':
      return { says: 'A QR that the backend wants shown.', next: 'It belongs to no sale: a press of a button sells as ever.' };
    case 'updating':
      return {
        says: screen.step === 'installing' ? 'Installing an update.' : 'Starting again with the update.',
        next: 'Cut the power now, and see which release it comes back with.',
      };
    case 'checking':
      return { says: `Time is over. Asking the backend once more whether ${money(screen.due.minor)} were paid.`, next: '' };
    case 'delivering':
      return { says: `Paid ${money(screen.due.minor)}. The machine is running.`, next: '' };
    case 'success':
      return { says: sentence(`Thank you. ${money(screen.due.minor)} paid.`, creditWords(screen.credit, money)), next: '' };
    case 'failed':
      return { says: sentence(FAILURES[screen.reason] ?? 'It did not work.', screen.message, creditWords(screen.credit, money)), next: '' };
    case 'top-up-operator':
      return { says: `Whose card is it: ${screen.operators.join(', ')}?`, next: 'Press a number: 1 is the first. Cancel leaves.' };
    case 'top-up-amount':
      return {
        says: `What is printed on the ${screen.operator} card: ${screen.amounts.map(({ minor }) => money(minor)).join(', ')}?`,
        next: 'Press a number: 1 is the first. Clear goes back.',
      };
    case 'top-up-typing':
      return {
        says: sentence(
          `Type the ${screen.field === 'pin' ? 'PIN' : 'serial number'} of the ${screen.operator} card over ${money(screen.amount.minor)}: ${screen.typed} of ${screen.least} to ${screen.most} digits.`,
          screen.short && 'That is too short.',
        ),
        next: `Type digits, then OK.${screen.field === 'serial' ? ' A serial that ends in 00 is a bad card, in 01 one of another value, in 02 one that waits for you to decide.' : ''}`,
      };
    case 'top-up-sent':
      return { says: `The ${screen.operator} card over ${money(screen.amount.minor)} is being checked.`, next: '' };
    case 'top-up-result':
      return {
        says: sentence(
          screen.worth && `The card was worth ${money(screen.worth.minor)}.`,
          `${money(screen.credited.minor)} credited.`,
          screen.rest.minor > 0 && `Still to pay: ${money(screen.rest.minor)}.`,
        ),
        next: screen.rest.minor > 0 ? 'A QR for the rest follows.' : '',
      };
    case 'top-up-failed':
      return { says: `${CARD_FAILURES[screen.reason] ?? 'The card was not taken.'} Still to pay: ${money(screen.rest.minor)}.`, next: '' };
    case 'amount-select':
      return amountWords(screen, money);
    case 'keypad':
      return keypadWords(screen, money);
    case 'payment-method':
      return {
        says: `Pay ${money(screen.amount.minor)} by ${screen.methods.map(methodWords).join(' or ')}.`,
        next: `Touch one, or press its number.${screen.cancel ? ' Cancel ends it.' : ''}`,
      };
    case 'processing':
      return {
        says: `The backend's terminal takes ${money(screen.due.minor)}.`,
        next: "Play the bank: press “Approve” or “Decline” on the reference backend's page.",
      };
    case 'limit-error':
      return {
        says: `More than ${money(screen.limit.minor)} a day are not possible; ${money(screen.remaining.minor)} are left.`,
        next: '',
      };
    case 'print-ticket':
      return { says: 'The ticket is being printed.', next: '' };
    case 'collect-ticket':
      return { says: 'Take the ticket.', next: '' };
    case 'thank-you':
      return { says: 'Thank you.', next: '' };
    case 'device-error':
      return { says: sentence('Something does not work.', screen.message, screen.code && `(${screen.code})`), next: '' };
    case 'out-of-service':
      return { says: `Out of service: ${screen.reasons.map((reason) => OUTAGES[reason] ?? reason).join(', ')}`, next: '' };
    default:
      return { says: screen.kind, next: '' };
  }
}

function amountWords({ amounts, other }, money) {
  const named = [...amounts.map(({ minor }) => money(minor)), other && amounts.length > 0 && 'or another'].filter(Boolean).join(', ');
  const keys = [amounts.length > 0 && '1 is the first amount', other && '0 another one'].filter(Boolean).join(', ');
  return {
    says: named === '' ? 'Choose an amount.' : `Choose an amount: ${named}.`,
    next: amounts.length > 0 ? `Touch the screen, or press a number: ${keys}.` : 'Touch the screen, or press 0.',
  };
}

function keypadWords({ typed, min, max, problem, cancel }, money) {
  const amount = typed.minor > 0 ? `: ${money(typed.minor)}` : '';
  const why = { 'too-low': 'That is too little.', 'too-high': 'That is too much.' }[problem];
  return {
    says: sentence(`Type an amount from ${money(min.minor)} to ${money(max.minor)}${amount}.`, why),
    next: sentence('Touch the digits, then OK.', cancel && 'Cancel ends it.'),
  };
}

/** DEBIT_CARD -> debit card */
const methodWords = (name) => name.toLowerCase().replaceAll('_', ' ');

const of = (screen, money) => (screen.rest.minor === screen.due.minor ? '' : ` of ${money(screen.due.minor)}`);

function idleWords(screen, money) {
  const offers = screen.offers.map((offer) => `${offer.label} ${money(offer.price.minor)}`).join(', ');
  const says = sentence(
    screen.typed ? `Amount ${money(screen.typed.minor)}.` : offers ? `Choose: ${offers}.` : 'Ready.',
    creditWords(screen.credit, money),
    screen.pin ? `PIN ${screen.pin}.` : '',
  );
  if (screen.typed) return { says, next: 'Press OK to sell for this amount.' };
  if (screen.pin) return { says, next: `Claim the box with PIN ${screen.pin} on the reference backend's page, or sell right away.` };
  const ways = [offers && 'press a product', 'type an amount and OK', screen.cash && 'put in money'].filter(Boolean).join(', or ');
  const unpaired = screen.qr || screen.card !== undefined ? '' : 'No QR while the box is not paired: press Pair.';
  return { says, next: sentence(ways && `${ways.charAt(0).toUpperCase()}${ways.slice(1)}.`, unpaired) };
}

const ORIGINS = {
  api: 'by program',
  button: 'by button',
  keypad: 'by keypad',
  backend: 'by the backend',
  cash: 'by cash',
  kiosk: 'at the screen',
};
const VIAS = {
  answer: 'by the answer itself',
  push: 'told by the backend',
  poll: 'on asking',
  reconnect: 'on asking after a reconnect',
  expiry: 'on asking at expiry',
  grace: 'on asking later',
};
const REASONS = {
  customer: 'by the customer',
  api: 'by program',
  timeout: 'nothing happened for too long',
  'qr-expired': 'the QR expired',
  'qr-failed': 'the QR payment failed',
  'qr-refused': 'there was no QR',
  'card-declined': 'the card was declined',
  'card-not-sent': 'the payment server could not be reached',
  'card-unanswered': 'the payment server did not answer; still watched',
  'terminal-declined': 'the payment was not taken',
  'terminal-unanswered': 'the backend has not said what became of the payment; still watched',
  'top-up-unanswered': 'the operator of the card did not answer; still watched',
};
const DRIVEN = {
  done: ['Machine ran', 'good'],
  failed: ['Machine did not run', 'bad'],
  indeterminate: ['Machine may or may not have run', 'bad'],
};

const PRINTED = {
  done: ['Ticket printed', 'good'],
  failed: ['Ticket not printed', 'bad'],
  indeterminate: ['Ticket may or may not have been printed', 'bad'],
};

const seconds = (ms) => `${Math.round(ms / 100) / 10} s`;
const driveWords = (drive) =>
  drive.mode === 'hold' ? `on for ${seconds(drive.holdMs)}` : `${drive.count} pulse${drive.count === 1 ? '' : 's'}`;
const because = (reason) => (reason ? `: ${reason}` : '');

/** A card's charge is named by date, batch and trace number, one at the backend's terminal by the transaction the box began. */
const roadOf = ({ charge }) =>
  charge.startsWith('topup-')
    ? 'Top-up card'
    : /^\d{8}-\d{6}-\d{6}$/.test(charge)
      ? 'Card'
      : /^T[0-9A-Z]{16}$/.test(charge)
        ? 'Terminal'
        : 'QR';

/** One journal entry in words, with the tone it is shown in: `good`, `bad`, `note` or plain. */
export function entryWords(entry, money) {
  const [words, tone] = ENTRIES[entry.kind]?.(entry, money) ?? [entry.kind];
  return { words, tone: tone ?? 'plain' };
}

const ENTRIES = {
  boot: (e) => [`Box started, version ${e.version}`, 'note'],
  'sale.opened': (e, money) => [`Sale opened ${ORIGINS[e.origin] ?? ''}: ${sentence(e.description, money(e.dueMinor))}`],
  'order.received': (e, money) =>
    e.paid
      ? [`Order ${e.order}: ${money(e.amountMinor)} paid, not asked for here${because(e.message)}`, 'good']
      : [`Order ${e.order}: ${sentence(e.purpose === 'sale' ? 'sell for' : 'announce', money(e.amountMinor))}${because(e.message)}`],
  'order.refused': (e) => [`Order ${e.order} refused${because(e.reason)}`, 'bad'],
  'order.announced': (e) => [`Order ${e.order} ${e.spoken ? 'said aloud' : 'not said aloud any more, too late'}`],
  'charge.requested': (e, money) => [`QR over ${money(e.amountMinor)} asked for`],
  'charge.created': (e, money) => [
    e.card
      ? `${e.card.org} ${e.card.maskedPan} read: ${money(e.amountMinor)} to be asked for`
      : e.terminal
        ? `${money(e.amountMinor)} to be taken by ${methodWords(e.terminal)}`
        : e.topUp
          ? `${e.topUp.operator} card over ${money(e.amountMinor)} to be sent`
          : `QR over ${money(e.amountMinor)} received`,
  ],
  'charge.refused': (e) => [`No QR${because(e.reason)}`, 'bad'],
  'charge.superseded': () => ['QR taken off the screen; still watched'],
  'charge.expired': (e) => [`${roadOf(e)} ${roadOf(e) === 'QR' ? 'expired unpaid' : 'payment not answered'}; still watched`, 'note'],
  'charge.paid': (e, money) => [
    `${money(e.amountMinor)} paid by ${e.method?.replace('top-up', 'top-up card') ?? 'QR'}${e.worthMinor === undefined ? '' : ` worth ${money(e.worthMinor)}`}, ${VIAS[e.via] ?? e.via}${e.late ? ', late' : ''}`,
    'good',
  ],
  'charge.part-paid': (e, money) => [`${money(e.amountMinor)} of a QR paid, ${VIAS[e.via] ?? e.via}${e.late ? ', late' : ''}`, 'good'],
  'charge.failed': (e) => [`${roadOf(e)} payment failed, ${VIAS[e.via] ?? e.via}${because(e.reason)}`, 'bad'],
  'charge.conflict': (e) => [`The backend contradicts itself: now ${e.claimed}. Recorded, no effect`, 'bad'],
  'charge.abandoned': (e) => [roadOf(e) === 'QR' ? 'Unpaid QR no longer watched' : 'Unanswered payment no longer watched'],
  'cash.credited': (e, money) => [`${money(e.amountMinor)} ${e.method} taken`, 'good'],
  'cash.unassigned': (e) => [`Unknown ${e.method} with ${e.pulses} pulse${e.pulses === 1 ? '' : 's'}, set aside`, 'bad'],
  'bill.held': (e, money) => [`${money(e.amountMinor)} bill to be kept`],
  'bill.returned': (e) => [`Bill went back${because(e.reason)}`, 'note'],
  'bill.unknown': () => ['Bill may or may not have been kept: count the stacker', 'bad'],
  'sale.settled': (e, money) => [`Sale settled: ${money(e.dueMinor)}`, 'good'],
  'sale.cancelled': (e) => [`Sale ended unpaid, ${REASONS[e.reason] ?? e.reason}`, 'note'],
  'refund.due': (e, money) => [`${money(e.amountMinor)} owed back${because(e.reason)}`, 'bad'],
  'act.intent': (e) => [`Machine to be driven: ${driveWords(e.drive)}`],
  'act.outcome': (e) => {
    const [words, tone] = DRIVEN[e.result] ?? [e.result];
    return [`${words}${because(e.reason)}`, tone];
  },
  'ticket.intent': (e) => [e.copy ? 'Copy of the ticket to be printed' : 'Ticket to be printed'],
  'ticket.outcome': (e) => {
    const [words, tone] = PRINTED[e.result] ?? [e.result];
    return [`${words}${because(e.reason)}`, tone];
  },
  announced: (e) => [e.spoken ? 'Said aloud' : 'Not said aloud any more, too late'],
  'report.queued': (e) => [`Report of the sale: ${e.report.status.toLowerCase()}`],
  'counters.reset': () => ['Counters reset', 'note'],
};
