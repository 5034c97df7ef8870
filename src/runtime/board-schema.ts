import * as v from 'valibot';
import { MAX_PULSES } from '../domain/cash/denomination.ts';
import { PROFILE_NAMES } from '../domain/cash/profiles.ts';
import { MAX_MINOR } from '../domain/money.ts';
import { boardContradictions } from './board-rules.ts';
import { choice, consistent, flag, section, text, whole } from './fields.ts';

const NAME_FORM = 'lower-case letters, digits and "-", 1 to 32 of them';
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const name = (description: string) => text(description, 32, NAME, NAME_FORM);
const level = (description: string) => choice(description, ['high', 'low']);
const money = (description: string) => whole(`${description}, in minor units`, 1, MAX_MINOR);

/** Keys valibot leaves out of records without a word. */
const FORBIDDEN_KEYS = ['__proto__', 'prototype', 'constructor'];
const NO_KEY = v.never();

/** An object whose keys are names given here. A list is not one, and no key is left out silently. */
function named<const T extends v.GenericSchema>(description: string, value: T, key = NAME, form = NAME_FORM) {
  const base = v.record(v.pipe(v.string(), v.regex(key, form)), value, `an object; its keys: ${form}`);
  const strict: typeof base = {
    ...base,
    '~run'(dataset, config) {
      const input = dataset.value;
      if (Array.isArray(input)) {
        v._addIssue(NO_KEY, 'type', dataset, config, { received: 'a list', message: `an object; its keys: ${form}` });
        return dataset as unknown as ReturnType<(typeof base)['~run']>;
      }
      const result = base['~run'](dataset, config);
      for (const bad of input !== null && typeof input === 'object' ? Object.keys(input) : []) {
        if (FORBIDDEN_KEYS.includes(bad)) v._addIssue(NO_KEY, 'key', result, config, { received: JSON.stringify(bad), message: form });
      }
      return result;
    },
  };
  return v.pipe(strict, v.description(description));
}

const PIN = {
  chip: text('Label of the GPIO chip, such as pinctrl-bcm2711: labels stay when numbers move', 64),
  line: text('Name of the line on that chip, such as GPIO17', 64),
};

const INPUT = section(
  {
    ...PIN,
    idle: level('Level while nothing happens; the pull resistor goes the same way'),
    debounceMs: v.exactOptional(whole('How long a press must last to count, in milliseconds; 20 where it is left out', 0, 1_000)),
  },
  'An input pin',
);

const OUTPUT = section({ ...PIN, active: level('Level that switches the thing on') }, 'An output pin');

const ACCEPTOR_NAME = name('Name of the acceptor');
const METHOD = choice('What it takes', ['coin', 'bill']);
const DEVICE = text('Its serial port, such as /dev/serial0 or /dev/serial/by-id/…', 255, /^\/dev\/[\w./:@-]+$/, 'a path below /dev');
const kind = <const K extends string>(name: K) => v.pipe(v.literal(name), v.description('How it tells the value of a piece'));

const PULSE_ACCEPTOR = section(
  {
    name: ACCEPTOR_NAME,
    method: METHOD,
    kind: kind('pulse'),
    input: name('The input it pulses'),
    inhibit: v.exactOptional(
      name(
        'The output on its inhibit line. The profile says which level refuses pieces; where that is the inactive level of the output, the acceptor also refuses them while no program drives the pin',
      ),
    ),
    profile: choice('Timing and polarity, by the name of its kind', PROFILE_NAMES),
    denominations: named(
      'Pulses of a piece to its value in minor units: {"1": 100, "5": 500}',
      money('Value of the piece'),
      /^(?:[1-9]\d{0,3}|10000)$/,
      `a number of pulses from 1 to ${MAX_PULSES}`,
    ),
    perPulseMinor: v.exactOptional(
      money('Value of every pulse of a count that is not in the table; without it such money is kept as unassigned'),
    ),
  },
  'A coin or bill acceptor that pulses one pin',
);

const CCTALK_ACCEPTOR = section(
  {
    name: ACCEPTOR_NAME,
    method: METHOD,
    kind: kind('cctalk'),
    device: DEVICE,
    address: v.exactOptional(whole('Its address on the bus; 2 for coins and 40 for bills where it is left out', 2, 255)),
    checksum: v.exactOptional(choice('How frames are checked; simple where it is left out', ['simple', 'crc'])),
    denominations: named(
      'Positions of coins, or types of bills, to their value in minor units: {"1": 100, "2": 500}; others are not taken',
      money('Value of the piece'),
      /^(?:[1-9]|1[0-6])$/,
      'a position from 1 to 16',
    ),
  },
  'A coin or bill acceptor on a ccTalk bus, which several may share',
);

const ICT_ACCEPTOR = section(
  {
    name: ACCEPTOR_NAME,
    method: choice('What it takes', ['bill']),
    kind: kind('ict'),
    device: DEVICE,
    denominations: named(
      'Channels to the value of their bill in minor units: {"1": 2000}; a bill of another channel is given back',
      money('Value of the bill'),
      /^[1-5]$/,
      'a channel from 1 to 5',
    ),
  },
  'A bill acceptor that speaks the ICT protocol on a serial port',
);

const ACCEPTOR = v.variant('kind', [PULSE_ACCEPTOR, CCTALK_ACCEPTOR, ICT_ACCEPTOR], 'one of "pulse", "cctalk", "ict"');

const DELIVERY = section(
  {
    output: name('The output a sale drives'),
    feedback: v.exactOptional(
      section(
        {
          input: name('The input the machine answers on'),
          level: level('The level it answers with'),
          withinMs: whole('How soon after the drive began, in milliseconds', 1, 600_000),
        },
        'How the machine says that it worked; without it a drive that ran counts as delivered',
      ),
    ),
  },
  'How what was bought is given out, or null on a box that only takes money',
);

const side = (description: string) => whole(`${description}, in pixels`, 64, 4_096);

/** A board file: its form, and the rules over several of its fields. */
export const BOARD_SCHEMA = v.pipe(
  section({
    $schema: v.exactOptional(text('Where an editor finds the JSON Schema of this file', 500)),
    name: name('Name of the board, as configurations give it'),
    title: text('What a person calls it', 80),
    hardware: choice('What is behind the pins', ['simulated', 'libgpiod']),
    inputs: named('Input pins by name. Names are unique over inputs and outputs together', INPUT),
    outputs: named('Output pins by name', OUTPUT),
    acceptors: v.pipe(v.array(ACCEPTOR, 'a list of acceptors'), v.maxLength(32, 'at most 32 acceptors'), v.description('What takes cash')),
    delivery: v.nullable(DELIVERY),
    buttons: named(
      'Buttons by name: 0 to 9, ok, cancel and clear form the keypad, pair starts pairing, volume-up and volume-down set the loudness, others may sell a product',
      section({ input: name('The input it is on') }, 'A button'),
    ),
    display: section(
      {
        width: side('Width'),
        height: side('Height'),
        touch: v.exactOptional(flag('Whether it can be touched: then its screens have buttons')),
      },
      'The screen',
    ),
  }),
  consistent((board) => boardContradictions(board)),
);
