import { addressOf, type Board, type BoardAcceptor, type BoardPulseAcceptor, type SerialAcceptor } from '../domain/board.ts';
import { profileNamed } from '../domain/cash/profiles.ts';
import type { Contradiction } from './fields.ts';

/** What of a board file the rules look at: its form has been checked, its names have not. */
type Form = Pick<Board, 'inputs' | 'outputs' | 'acceptors' | 'delivery' | 'buttons'>;
type Path = readonly (string | number)[];

const KEYPAD_DIGITS = [...'0123456789'];
const KEYPAD = [...KEYPAD_DIGITS, 'ok', 'cancel', 'clear'];

/** Everything that does not fit together in a board whose single fields are all right. */
export function* boardContradictions(board: Form): Generator<Contradiction> {
  yield* sharedNames(board);
  yield* sharedPins(board);
  yield* inputUses(board);
  yield* outputUses(board);
  for (const [i, acceptor] of board.acceptors.entries()) yield* acceptorFaults(board, acceptor, i);
  yield* feedbackFaults(board);
  yield* keypadFaults(board);
}

function* sharedNames({ inputs, outputs }: Form): Generator<Contradiction> {
  for (const name of Object.keys(outputs)) {
    if (Object.hasOwn(inputs, name)) yield { at: ['outputs', name], found: 'the name of an input', expected: 'a name of its own' };
  }
}

function* sharedPins({ inputs, outputs }: Form): Generator<Contradiction> {
  const owners = new Map<string, string>();
  const pins = [
    ...Object.entries(inputs).map(([name, pin]) => ({ at: ['inputs', name], pin })),
    ...Object.entries(outputs).map(([name, pin]) => ({ at: ['outputs', name], pin })),
  ];
  for (const { at, pin } of pins) {
    const key = JSON.stringify([pin.chip, pin.line]);
    const owner = owners.get(key);
    if (owner !== undefined) yield { at, found: `${pin.chip} ${pin.line}, the pin of ${owner}`, expected: 'a pin of its own' };
    else owners.set(key, at.join('.'));
  }
}

function* inputUses({ inputs, acceptors, buttons, delivery }: Form): Generator<Contradiction> {
  const uses: { at: Path; name: string }[] = [
    ...acceptors.flatMap((entry, i) => (entry.kind === 'pulse' ? [{ at: ['acceptors', i, 'input'], name: entry.input }] : [])),
    ...Object.entries(buttons).map(([button, { input }]) => ({ at: ['buttons', button, 'input'], name: input })),
  ];
  if (delivery?.feedback) uses.push({ at: ['delivery', 'feedback', 'input'], name: delivery.feedback.input });
  const used = new Map<string, string>();
  for (const { at, name } of uses) {
    const first = used.get(name);
    if (!Object.hasOwn(inputs, name)) yield { at, found: JSON.stringify(name), expected: among('inputs', inputs) };
    else if (first !== undefined) yield { at, found: `"${name}", which ${first} uses`, expected: 'an input of its own' };
    else used.set(name, at.join('.'));
  }
}

function* outputUses({ outputs, acceptors, delivery }: Form): Generator<Contradiction> {
  if (delivery && !Object.hasOwn(outputs, delivery.output)) {
    yield { at: ['delivery', 'output'], found: JSON.stringify(delivery.output), expected: among('outputs', outputs) };
  }
  const inhibits = acceptors.map((entry) => (entry.kind === 'pulse' ? entry.inhibit : undefined));
  for (const [i, inhibit] of inhibits.entries()) {
    if (inhibit === undefined) continue;
    const at = ['acceptors', i, 'inhibit'];
    if (!Object.hasOwn(outputs, inhibit)) yield { at, found: JSON.stringify(inhibit), expected: among('outputs', outputs) };
    else if (inhibit === delivery?.output) yield { at, found: `"${inhibit}", which delivery uses`, expected: 'an output of its own' };
    // Two acceptors on one wire would open and shut each other.
    else if (inhibits.indexOf(inhibit) < i) {
      yield { at, found: `"${inhibit}", which another acceptor uses`, expected: 'an output of its own' };
    }
  }
}

function* acceptorFaults({ inputs, acceptors }: Form, acceptor: BoardAcceptor, i: number): Generator<Contradiction> {
  const { name, denominations } = acceptor;
  if (acceptors.findIndex((other) => other.name === name) < i) {
    yield { at: ['acceptors', i, 'name'], found: `"${name}" again`, expected: 'a name of its own' };
  }
  const perPulse = acceptor.kind === 'pulse' && acceptor.perPulseMinor !== undefined;
  if (Object.keys(denominations).length === 0 && !perPulse) {
    const expected = acceptor.kind === 'pulse' ? 'at least one, or perPulseMinor' : 'at least one';
    yield { at: ['acceptors', i, 'denominations'], found: 'no denomination', expected };
  }
  if (acceptor.kind === 'pulse') yield* idleFaults(inputs, acceptor);
  else yield* portFaults(acceptors, acceptor, i);
}

function* idleFaults(inputs: Form['inputs'], { input, profile }: BoardPulseAcceptor): Generator<Contradiction> {
  const wanted = profileNamed(profile)?.idle;
  const idle = Object.hasOwn(inputs, input) ? inputs[input]?.idle : undefined;
  if (wanted !== undefined && idle !== undefined && idle !== wanted) {
    yield { at: ['inputs', input, 'idle'], found: `"${idle}"`, expected: `"${wanted}", as the profile ${profile} idles` };
  }
}

/** A serial port is one acceptor's, unless it is a bus; on that each has an address. */
function* portFaults(acceptors: readonly BoardAcceptor[], acceptor: SerialAcceptor, i: number): Generator<Contradiction> {
  for (const other of acceptors.slice(0, i)) {
    if (other.kind === 'pulse' || other.device !== acceptor.device) continue;
    if (other.kind !== 'cctalk' || acceptor.kind !== 'cctalk') {
      yield { at: ['acceptors', i, 'device'], found: `${acceptor.device}, the port of ${other.name}`, expected: 'a port of its own' };
    } else if (addressOf(other) === addressOf(acceptor)) {
      yield { at: ['acceptors', i, 'address'], found: `${addressOf(acceptor)}, the address of ${other.name}`, expected: 'one of its own' };
    }
  }
}

function* feedbackFaults({ inputs, delivery }: Form): Generator<Contradiction> {
  const feedback = delivery?.feedback;
  if (!feedback || !Object.hasOwn(inputs, feedback.input) || inputs[feedback.input]?.idle !== feedback.level) return;
  yield {
    at: ['delivery', 'feedback', 'level'],
    found: `"${feedback.level}", the level the input idles at`,
    expected: 'the other level: this one would answer before anything happened',
  };
}

/** A keypad with a digit on it is whole: amounts are typed, corrected and confirmed. */
function* keypadFaults({ buttons }: Form): Generator<Contradiction> {
  if (!KEYPAD_DIGITS.some((digit) => Object.hasOwn(buttons, digit))) return;
  const missing = KEYPAD.filter((key) => !Object.hasOwn(buttons, key));
  if (missing.length > 0) {
    yield { at: ['buttons'], found: `a keypad without ${missing.join(', ')}`, expected: `all of ${KEYPAD.join(', ')}, or no digit` };
  }
}

const among = (kind: string, names: Readonly<Record<string, unknown>>): string =>
  Object.keys(names).length === 0 ? `one of the ${kind}, of which there are none` : `one of the ${kind}: ${Object.keys(names).join(', ')}`;
