import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IctMessage } from './ict.ts';
import { type IctAct, IctEscrow, type IctPhase } from './ict-escrow.ts';

type Step = 'stack' | 'give-back' | 'overdue' | 'cut' | 'abandon' | IctMessage;

const note = (channel: number | null): IctMessage => ({ kind: 'note', channel });
const STACKED: IctMessage = { kind: 'stacked' };
const RETURNED: IctMessage = { kind: 'returned' };
const POWER_UP: IctMessage = { kind: 'power-up' };
const IDLE: IctMessage = { kind: 'status', state: 'enabled' };
const BUSY: IctMessage = { kind: 'status', state: 'busy' };
const JAM: IctMessage = { kind: 'error', code: 'bill-jam', detail: '' };
const NOISE: IctMessage = { kind: 'noise', byte: 0 };

/** Channels 1 to 3 have values; pieces are p1, p2, … */
class Bench {
  readonly escrow = new IctEscrow();
  readonly acts: IctAct[] = [];
  #pieces = 0;

  take(step: Step): readonly IctAct[] {
    const acts = this.#take(step);
    this.acts.push(...acts);
    return acts;
  }

  #take(step: Step): readonly IctAct[] {
    const { escrow } = this;
    switch (step) {
      case 'stack':
      case 'give-back':
        return escrow.decide(step, `p${this.#pieces}`);
      case 'overdue':
        return escrow.overdue();
      case 'cut':
        return escrow.cut();
      case 'abandon':
        return escrow.abandon();
      default:
        return escrow.hear(step, (channel) =>
          channel > 3 ? null : { piece: `p${++this.#pieces}`, channel, amountMinor: channel * 1_000 },
        );
    }
  }
}

const WORDS: Record<number, string> = { 2: 'accept', 12: 'status', 15: 'giveBack', 24: 'hold' };
function wordOf(act: IctAct): string {
  switch (act.kind) {
    case 'send':
      return `> ${WORDS[act.byte]}`;
    case 'escrowed':
    case 'credited':
      return `${act.kind} ${act.piece} ${act.amountMinor}`;
    case 'returned':
      return `returned ${act.piece}: ${act.reason}`;
    case 'unassigned':
      return `unassigned ${act.piece}`;
    case 'rejected':
      return `rejected: ${act.reason}`;
  }
}

const WAYS: Record<IctPhase, Step[]> = {
  asking: [],
  empty: [IDLE],
  held: [IDLE, note(2)],
  told: [IDLE, note(2), 'stack'],
  stacking: [IDLE, note(2), 'stack', 'overdue'],
  doubtful: [IDLE, note(2), 'stack', 'overdue', 'overdue'],
  parked: [IDLE, note(2), 'stack', 'overdue', 'overdue', IDLE],
  returning: [IDLE, note(2), 'give-back'],
  refusing: [IDLE, note(5)],
};
const LATE = 'late: it is counted as unassigned already';
const LOST = 'returned p1: lost from sight';
const TOLD = 'returned p1: as it was told';
const UNSTACKED = 'returned p1: it could not be stacked';
const STRANGE = 'rejected: a note of no known value';
const BOUNCED = 'rejected: a note was given back';

// biome-ignore format: a table
const TABLE: [IctPhase, string, Step, IctPhase, string[]][] = [
  ['asking',    'a note of the time before', note(2),    'refusing',  ['> giveBack']],
  ['asking',    'a stranger',                note(5),    'refusing',  ['> giveBack', STRANGE]],
  ['asking',    'stacked',                   STACKED,    'empty',     ['unassigned null']],
  ['asking',    'returned',                  RETURNED,   'empty',     [BOUNCED]],
  ['asking',    'idle',                      IDLE,       'empty',     []],
  ['asking',    'busy',                      BUSY,       'refusing',  ['> giveBack']],
  ['asking',    'an error',                  JAM,        'empty',     []],
  ['asking',    'a power-up',                POWER_UP,   'empty',     ['> accept']],
  ['asking',    'a cut',                     'cut',      'asking',    []],
  ['empty',     'a note',                    note(2),    'held',      ['escrowed p1 2000']],
  ['empty',     'a stranger',                note(5),    'refusing',  ['> giveBack', STRANGE]],
  ['empty',     'a garbled note',            note(null), 'refusing',  ['> giveBack', STRANGE]],
  ['empty',     'stacked',                   STACKED,    'empty',     ['unassigned null']],
  ['empty',     'returned',                  RETURNED,   'empty',     [BOUNCED]],
  ['empty',     'busy',                      BUSY,       'empty',     []],
  ['empty',     'a power-up',                POWER_UP,   'empty',     ['> accept']],
  ['empty',     'a cut',                     'cut',      'asking',    []],
  ['held',      'the note once more',        note(2),    'held',      ['> hold']],
  ['held',      'another note',              note(3),    'held',      [LOST, 'escrowed p2 3000']],
  ['held',      'a stranger',                note(4),    'refusing',  ['> giveBack', LOST, STRANGE]],
  ['held',      'stacked, untold',           STACKED,    'empty',     ['credited p1 2000']],
  ['held',      'returned',                  RETURNED,   'empty',     ['returned p1: by the acceptor']],
  ['held',      'idle',                      IDLE,       'held',      []],
  ['held',      'an error',                  JAM,        'held',      []],
  ['held',      'noise',                     NOISE,      'held',      []],
  ['held',      'a power-up',                POWER_UP,   'empty',     ['> accept', 'returned p1: the acceptor was switched off']],
  ['held',      'a cut',                     'cut',      'asking',    ['returned p1: the acceptor went away']],
  ['held',      'stack',                     'stack',    'told',      ['> accept']],
  ['held',      'give back',                 'give-back','returning', ['> giveBack']],
  ['held',      'no decision',               'overdue',  'returning', ['> giveBack']],
  ['held',      'the end',                   'abandon',  'empty',     ['returned p1: the box stops']],
  ['told',      'the note, said twice',      note(2),    'told',      []],
  ['told',      'the same, garbled',         note(null), 'told',      []],
  ['told',      'another note',              note(3),    'held',      ['unassigned p1', 'escrowed p2 3000']],
  ['told',      'stacked',                   STACKED,    'empty',     ['credited p1 2000']],
  ['told',      'returned',                  RETURNED,   'empty',     [UNSTACKED]],
  ['told',      'idle, said before',         IDLE,       'told',      []],
  ['told',      'a power-up',                POWER_UP,   'doubtful',  ['> accept']],
  ['told',      'a cut',                     'cut',      'doubtful',  []],
  ['told',      'a second later',            'overdue',  'stacking',  []],
  ['told',      'the end',                   'abandon',  'parked',    ['unassigned p1']],
  ['stacking',  'stacked',                   STACKED,    'empty',     ['credited p1 2000']],
  ['stacking',  'returned',                  RETURNED,   'empty',     [UNSTACKED]],
  ['stacking',  'idle, said before',         IDLE,       'stacking',  []],
  ['stacking',  'an error',                  JAM,        'stacking',  []],
  ['stacking',  'the same note',             note(2),    'held',      ['unassigned p1', 'escrowed p2 2000']],
  ['stacking',  'a stranger',                note(5),    'refusing',  ['> giveBack', 'unassigned p1', STRANGE]],
  ['stacking',  'a power-up',                POWER_UP,   'doubtful',  ['> accept']],
  ['stacking',  'a cut',                     'cut',      'doubtful',  []],
  ['stacking',  'stack again',               'stack',    'stacking',  []],
  ['stacking',  'give back, too late',       'give-back','stacking',  []],
  ['stacking',  'no outcome',                'overdue',  'doubtful',  ['> status']],
  ['stacking',  'the end',                   'abandon',  'parked',    ['unassigned p1']],
  ['doubtful',  'stacked',                   STACKED,    'empty',     ['credited p1 2000']],
  ['doubtful',  'returned',                  RETURNED,   'empty',     [UNSTACKED]],
  ['doubtful',  'idle',                      IDLE,       'parked',    ['unassigned p1']],
  ['doubtful',  'busy',                      BUSY,       'doubtful',  []],
  ['doubtful',  'an error',                  JAM,        'doubtful',  []],
  ['doubtful',  'a note',                    note(1),    'held',      ['unassigned p1', 'escrowed p2 1000']],
  ['doubtful',  'a stranger',                note(5),    'refusing',  ['> giveBack', 'unassigned p1', STRANGE]],
  ['doubtful',  'a power-up',                POWER_UP,   'doubtful',  ['> accept']],
  ['doubtful',  'a cut',                     'cut',      'doubtful',  []],
  ['doubtful',  'no outcome',                'overdue',  'parked',    ['unassigned p1']],
  ['doubtful',  'the end',                   'abandon',  'parked',    ['unassigned p1']],
  ['parked',    'stacked',                   STACKED,    'empty',     [`rejected: stacked ${LATE}`]],
  ['parked',    'returned',                  RETURNED,   'empty',     [`rejected: returned ${LATE}`]],
  ['parked',    'a note',                    note(1),    'held',      ['escrowed p2 1000']],
  ['parked',    'a stranger',                note(5),    'refusing',  ['> giveBack', STRANGE]],
  ['parked',    'idle',                      IDLE,       'parked',    []],
  ['parked',    'a power-up',                POWER_UP,   'parked',    ['> accept']],
  ['parked',    'a cut',                     'cut',      'parked',    []],
  ['returning', 'returned',                  RETURNED,   'empty',     [TOLD]],
  ['returning', 'stacked all the same',      STACKED,    'empty',     ['credited p1 2000']],
  ['returning', 'the note, said twice',      note(2),    'returning', []],
  ['returning', 'another note',              note(3),    'held',      [TOLD, 'escrowed p2 3000']],
  ['returning', 'a stranger',                note(5),    'refusing',  ['> giveBack', TOLD, STRANGE]],
  ['returning', 'stack, too late',           'stack',    'returning', []],
  ['returning', 'a power-up',                POWER_UP,   'empty',     ['> accept', TOLD]],
  ['returning', 'a cut',                     'cut',      'asking',    [TOLD]],
  ['returning', 'no outcome',                'overdue',  'empty',     [TOLD]],
  ['returning', 'the end',                   'abandon',  'empty',     [TOLD]],
  ['refusing',  'returned',                  RETURNED,   'empty',     [BOUNCED]],
  ['refusing',  'stacked all the same',      STACKED,    'empty',     ['unassigned null']],
  ['refusing',  'a note',                    note(2),    'refusing',  ['> giveBack']],
  ['refusing',  'a stranger',                note(5),    'refusing',  ['> giveBack', STRANGE]],
  ['refusing',  'a power-up',                POWER_UP,   'empty',     ['> accept']],
  ['refusing',  'a cut',                     'cut',      'asking',    []],
  ['refusing',  'no outcome',                'overdue',  'empty',     []],
];

describe('the way of a note', () => {
  it.each(TABLE)('%s: %s', (phase, _, step, then, acts) => {
    const bench = new Bench();
    for (const before of WAYS[phase]) bench.take(before);
    expect(bench.escrow.phase).toBe(phase);
    expect(bench.take(step).map(wordOf)).toEqual(acts);
    expect(bench.escrow.phase).toBe(then);
  });

  it('gives back what nobody decided about, and says so', () => {
    const bench = new Bench();
    for (const step of [...WAYS.held, 'overdue' as const, RETURNED]) bench.take(step);
    expect(bench.acts.map(wordOf).at(-1)).toBe('returned p1: nobody decided in time');
  });

  it('keeps the reason of one note from the next', () => {
    const bench = new Bench();
    for (const step of [...WAYS.returning, note(3), RETURNED]) bench.take(step);
    expect(bench.acts.map(wordOf).at(-1)).toBe('returned p2: by the acceptor');
  });

  it('leaves a piece alone that is not the held one', () => {
    const bench = new Bench();
    for (const step of WAYS.held) bench.take(step);
    expect([...bench.escrow.decide('stack', 'p0'), ...bench.escrow.decide('give-back', '')]).toEqual([]);
    expect(bench.escrow.phase).toBe('held');
  });

  const channel = fc.constantFrom(1, 2, 3, 4, 5, null).map(note);
  const messages = fc.constantFrom<Step>(STACKED, RETURNED, POWER_UP, IDLE, BUSY, JAM, NOISE, { kind: 'cleared' }, { kind: 'refused' });
  const steps = fc.array(fc.oneof(channel, messages, fc.constantFrom<Step>('stack', 'give-back', 'overdue', 'cut', 'abandon')));

  it('credits only at a 10, a note that was announced, and every announced note has one outcome', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const bench = new Bench();
        const outcomes: string[] = [];
        const announced: string[] = [];
        for (const step of all) {
          const acts = bench.take(step);
          for (const act of acts) {
            if (act.kind === 'escrowed') announced.push(act.piece);
            if (act.kind === 'credited' || act.kind === 'returned' || act.kind === 'unassigned') outcomes.push(act.piece ?? '');
          }
          const credits = acts.filter(({ kind }) => kind === 'credited' || kind === 'unassigned').length;
          expect(credits).toBeLessThanOrEqual(1);
          if (acts.some(({ kind }) => kind === 'credited')) expect(step).toBe(STACKED);
          // Where a note is under way it has no outcome yet; everywhere else the books are even.
          const open = bench.escrow.note?.piece;
          expect([...outcomes.filter((piece) => piece !== ''), ...(open ? [open] : [])].sort()).toEqual([...announced].sort());
        }
      }),
    );
  });

  it('sends the byte that stacks a note only where it is told to, or to end a power-up', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const bench = new Bench();
        for (const step of all) {
          const accepted = bench.take(step).some((act) => act.kind === 'send' && act.byte === 0x02);
          if (accepted) expect([POWER_UP, 'stack']).toContain(step);
        }
      }),
    );
  });
});
