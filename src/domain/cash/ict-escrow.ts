import { ICT_HOST, type IctMessage } from './ict.ts';

/** A note that was announced with a value; `piece` is unique for ever. */
export interface IctNote {
  readonly piece: string;
  readonly channel: number;
  readonly amountMinor: number;
}

/**
 * asking: the link is new, a note of the time before may be held · empty: no note · held: waits for a decision ·
 * told: to be stacked, a moment ago · stacking: told so · doubtful: told so, and its outcome is overdue · parked: given up
 * as unassigned, its outcome may still come · returning: told to be given back · refusing: a note that nobody knows is
 * given back
 */
export type IctPhase = 'asking' | 'empty' | 'held' | 'told' | 'stacking' | 'doubtful' | 'parked' | 'returning' | 'refusing';

/**
 * What happens to a phase. `announced` is a note of known value, `repeated` the held one once more, `stranger` one
 * without a value; `idle` is a status other than busy, an error, or a note that was
 * refused; `cut` the end of the link, `overdue` of the phase's time.
 */
type Happening =
  | 'announced'
  | 'repeated'
  | 'stranger'
  | 'stacked'
  | 'returned'
  | 'idle'
  | 'busy'
  | 'power-up'
  | 'cut'
  | 'overdue'
  | 'stack'
  | 'give-back'
  | 'abandoned';

export type IctAct =
  | { readonly kind: 'send'; readonly byte: number }
  | { readonly kind: 'escrowed'; readonly piece: string; readonly amountMinor: number }
  | { readonly kind: 'credited'; readonly piece: string; readonly amountMinor: number }
  | { readonly kind: 'returned'; readonly piece: string; readonly reason: string }
  /** The note is in the box, or nobody can tell: without a piece it is one that was never announced. */
  | { readonly kind: 'unassigned'; readonly piece: string | null }
  | { readonly kind: 'rejected'; readonly reason: string };

type Act = 'sync' | 'ask' | 'hold' | 'stack' | 'giveBack' | 'escrow' | 'credit' | 'leave' | 'park' | 'find' | 'refuse' | 'late' | 'bounce';
type Row = readonly [during: readonly IctPhase[], happens: Happening, then: IctPhase, acts: readonly Act[]];

/**
 * The way of a note. What is not listed changes nothing. Only `stacked` credits, and only a note that was announced;
 * without the byte that stacks it a note cannot get in, so one that was never told to is `returned` when it is lost from
 * sight. One that was told to, and of which nobody says what became of it, is parked. Who was polled while a note came says
 * it twice, and the second time may cross with the order to stack it: that is no second note.
 */
// biome-ignore format: a table
const TABLE: readonly Row[] = [
  // during                                      happens      then         and so
  [['empty', 'parked'],                          'announced', 'held',      ['escrow']],
  [['held', 'returning'],                        'announced', 'held',      ['leave', 'escrow']],
  [['told', 'stacking', 'doubtful'],             'announced', 'held',      ['park', 'escrow']],
  [['asking', 'refusing'],                       'announced', 'refusing',  ['giveBack']],
  [['held'],                                     'repeated',  'held',      ['hold']],
  [['told'],                                     'repeated',  'told',      []],
  [['returning'],                                'repeated',  'returning', []],

  [['asking', 'empty', 'parked', 'refusing'],    'stranger',  'refusing',  ['giveBack', 'refuse']],
  [['held', 'returning'],                        'stranger',  'refusing',  ['giveBack', 'leave', 'refuse']],
  [['told'],                                     'stranger',  'told',      []],
  [['stacking', 'doubtful'],                     'stranger',  'refusing',  ['giveBack', 'park', 'refuse']],

  [['held', 'told', 'stacking', 'doubtful', 'returning'], 'stacked', 'empty', ['credit']],
  [['parked'],                                   'stacked',   'empty',     ['late']],
  [['asking', 'empty', 'refusing'],              'stacked',   'empty',     ['find']],
  [['held', 'told', 'stacking', 'doubtful', 'returning'], 'returned', 'empty', ['leave']],
  [['parked'],                                   'returned',  'empty',     ['late']],
  [['asking', 'empty', 'refusing'],              'returned',  'empty',     ['bounce']],

  [['asking'],                                   'idle',      'empty',     []],
  [['asking'],                                   'busy',      'refusing',  ['giveBack']],
  [['doubtful'],                                 'idle',      'parked',    ['park']],

  [['asking', 'empty', 'refusing'],              'power-up',  'empty',     ['sync']],
  [['held', 'returning'],                        'power-up',  'empty',     ['sync', 'leave']],
  [['told', 'stacking', 'doubtful'],             'power-up',  'doubtful',  ['sync']],
  [['parked'],                                   'power-up',  'parked',    ['sync']],

  [['empty', 'refusing'],                        'cut',       'asking',    []],
  [['held', 'returning'],                        'cut',       'asking',    ['leave']],
  [['told', 'stacking'],                         'cut',       'doubtful',  []],

  [['held'],                                     'stack',     'told',      ['stack']],
  [['held'],                                     'give-back', 'returning', ['giveBack']],
  [['held'],                                     'overdue',   'returning', ['giveBack']],
  [['told'],                                     'overdue',   'stacking',  []],
  [['stacking'],                                 'overdue',   'doubtful',  ['ask']],
  [['doubtful'],                                 'overdue',   'parked',    ['park']],
  [['returning'],                                'overdue',   'empty',     ['leave']],
  [['refusing'],                                 'overdue',   'empty',     []],
  [['held', 'returning'],                        'abandoned', 'empty',     ['leave']],
  [['told', 'stacking', 'doubtful'],             'abandoned', 'parked',    ['park']],
];

/**
 * How long a phase may last, ms, before it is overdue. A held note may wait 30 s for its decision. A note takes 2 to 3 s
 * to be stacked or given back; 5 s is what the device itself waits for an answer. A doubtful one is asked after until 30 s
 * have passed since it was told to be stacked. What crosses with an order comes soon after it, a next note only when the
 * one before has moved.
 */
export const ICT_LIMITS_MS: Readonly<Partial<Record<IctPhase, number>>> = {
  held: 30_000,
  told: 2_000,
  stacking: 3_000,
  doubtful: 25_000,
  returning: 5_000,
  refusing: 5_000,
};

/** In these, the note that is held may be announced once more. */
const REPEATABLE: readonly IctPhase[] = ['held', 'told', 'returning'];
const STACKING: readonly IctPhase[] = ['told', 'stacking', 'doubtful'];
/** Why a note left, by what happened, unless it was given back on purpose. */
const REASONS: Readonly<Partial<Record<Happening, string>>> = {
  announced: 'lost from sight',
  stranger: 'lost from sight',
  returned: 'by the acceptor',
  'power-up': 'the acceptor was switched off',
  cut: 'the acceptor went away',
  abandoned: 'the box stops',
};
const ON_PURPOSE: Readonly<Partial<Record<Happening, string>>> = { 'give-back': 'as it was told', overdue: 'nobody decided in time' };

/** Follows the one note that an acceptor can hold. Pure: each call says what is to be sent and told, in this order. */
export class IctEscrow {
  #phase: IctPhase = 'asking';
  #note: IctNote | null = null;
  #purpose: string | null = null;

  get phase(): IctPhase {
    return this.#phase;
  }

  /** The note that was announced and has no outcome yet. */
  get note(): IctNote | null {
    return this.#note;
  }

  /** `note` makes a note of a channel, or null where the channel has no value. Errors and noise change no note. */
  hear(message: IctMessage, note: (channel: number) => IctNote | null): readonly IctAct[] {
    switch (message.kind) {
      case 'note': {
        if (REPEATABLE.includes(this.#phase) && message.channel !== null && message.channel === this.#note?.channel)
          return this.#happen('repeated');
        const announced = message.channel === null ? null : note(message.channel);
        return announced ? this.#happen('announced', announced) : this.#happen('stranger');
      }
      case 'status':
        return this.#happen(message.state === 'busy' ? 'busy' : 'idle');
      case 'error':
      case 'cleared':
      // Who refuses a note holds none.
      case 'refused':
        // A doubtful note is not decided by an error: a person takes it out of a jam, or it goes on.
        return this.#phase === 'asking' ? this.#happen('idle') : [];
      case 'noise':
        return [];
      default:
        return this.#happen(message.kind);
    }
  }

  /** Tells the acceptor what to do with the held note; nothing when that piece is not held any more. */
  decide(what: 'stack' | 'give-back', piece: string): readonly IctAct[] {
    return this.#phase === 'held' && this.#note?.piece === piece ? this.#happen(what) : [];
  }

  /** The phase has lasted its `ICT_LIMITS_MS`. */
  overdue(): readonly IctAct[] {
    return this.#happen('overdue');
  }

  /** Nobody waits for an outcome any longer: the box stops. */
  abandon(): readonly IctAct[] {
    return this.#happen('abandoned');
  }

  /** The link is gone. */
  cut(): readonly IctAct[] {
    return this.#happen('cut');
  }

  #happen(what: Happening, announced: IctNote | null = null): readonly IctAct[] {
    const row = TABLE.find(([during, happens]) => happens === what && during.includes(this.#phase));
    if (!row) return [];
    const [, , then, acts] = row;
    const [note, purpose] = [this.#note, this.#purpose];
    const was = this.#phase;
    this.#phase = then;
    if (was === 'held') this.#purpose = ON_PURPOSE[what] ?? null;
    if (acts.includes('escrow')) {
      this.#note = announced;
      this.#purpose = null;
    } else if (acts.some((act) => act === 'credit' || act === 'leave' || act === 'park')) {
      this.#note = null;
    }
    const reason = purpose ?? (STACKING.includes(was) ? 'it could not be stacked' : (REASONS[what] ?? what));
    return acts.flatMap((act) => actOf(act, { note, announced, reason, what }));
  }
}

interface Circumstances {
  readonly note: IctNote | null;
  readonly announced: IctNote | null;
  readonly reason: string;
  readonly what: Happening;
}

function actOf(act: Act, { note, announced, reason, what }: Circumstances): readonly IctAct[] {
  switch (act) {
    case 'sync':
    case 'hold':
    case 'stack':
    case 'giveBack':
      return [{ kind: 'send', byte: ICT_HOST[act] }];
    case 'ask':
      return [{ kind: 'send', byte: ICT_HOST.status }];
    case 'escrow':
      return announced ? [{ kind: 'escrowed', piece: announced.piece, amountMinor: announced.amountMinor }] : [];
    case 'credit':
      return note ? [{ kind: 'credited', piece: note.piece, amountMinor: note.amountMinor }] : [];
    case 'leave':
      return note ? [{ kind: 'returned', piece: note.piece, reason }] : [];
    case 'park':
      return note ? [{ kind: 'unassigned', piece: note.piece }] : [];
    case 'find':
      return [{ kind: 'unassigned', piece: null }];
    case 'refuse':
      return [{ kind: 'rejected', reason: 'a note of no known value' }];
    case 'late':
      return [{ kind: 'rejected', reason: `${what} late: it is counted as unassigned already` }];
    case 'bounce':
      return [{ kind: 'rejected', reason: 'a note was given back' }];
  }
}
