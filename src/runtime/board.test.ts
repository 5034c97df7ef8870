import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BoardInvalid, loadBoard, parseBoard } from './board.ts';
import { boardJsonSchema } from './board-json-schema.ts';

const BOARDS = join(import.meta.dirname, '../../boards');
const SIM = readFileSync(join(BOARDS, 'sim.json'), 'utf8');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-board-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

/** The faults of the simulated board with this change. */
function faultsOf(change: (board: ReturnType<typeof JSON.parse>) => void): string[] {
  const board = JSON.parse(SIM);
  change(board);
  return faultsOfText(JSON.stringify(board));
}

function faultsOfText(text: string): string[] {
  try {
    parseBoard(text, 'a.json');
  } catch (error) {
    if (error instanceof BoardInvalid) return error.faults.map(({ path, found, expected }) => `${path}: ${found} / ${expected}`);
    throw error;
  }
  return [];
}

describe('the simulated board', () => {
  it('is in order, by name and by file', () => {
    const board = loadBoard('sim', BOARDS);
    expect(board).toEqual(loadBoard(join(BOARDS, 'sim.json'), '/nowhere'));
    expect(board).toMatchObject({
      name: 'sim',
      hardware: 'simulated',
      delivery: { output: 'relay' },
      display: { width: 480, height: 320 },
    });
    expect(board).not.toHaveProperty('$schema');
    expect(board.acceptors.map(({ denominations }) => Object.values(denominations))).toEqual([
      [100, 200, 500, 1_000],
      [2_000, 5_000, 10_000, 50_000, 100_000],
    ]);
  });

  it('is described by the schema beside it, which `tilld board schema` prints', () => {
    expect(JSON.parse(readFileSync(join(BOARDS, 'board.schema.json'), 'utf8'))).toEqual(boardJsonSchema());
  });
});

describe('the simulated DS50', () => {
  it('is a speaker with a keypad and volume keys: it takes no cash and drives nothing', () => {
    const board = loadBoard('ds50-sim', BOARDS);
    expect(board).toMatchObject({ name: 'ds50-sim', hardware: 'simulated', outputs: {}, acceptors: [], delivery: null });
    expect(Object.keys(board.buttons).sort()).toEqual([...'0123456789', 'cancel', 'clear', 'ok', 'volume-down', 'volume-up']);
    expect(board.display).toEqual({ width: 320, height: 240 });
  });
});

describe('a board file', () => {
  it.each<[string, (board: ReturnType<typeof JSON.parse>) => void, string]>([
    ['an unknown key', (b) => (b.titel = 'x'), '$.titel: an unknown key / no such key; did you mean "title"?'],
    [
      'an unknown key of a pin',
      (b) => (b.inputs.coin.pull = 'up'),
      '$.inputs.coin.pull: an unknown key / one of chip, line, idle, debounceMs',
    ],
    ['a missing key', (b) => delete b.display, '$.display: nothing / The screen'],
    ['a name with capitals', (b) => (b.name = 'Sim'), '$.name: "Sim" / lower-case letters, digits and "-", 1 to 32 of them'],
    ['hardware there is not', (b) => (b.hardware = 'usb'), '$.hardware: "usb" / "simulated" or "libgpiod"'],
    [
      'a list for an object',
      (b) => (b.buttons = []),
      '$.buttons: a list / an object; its keys: lower-case letters, digits and "-", 1 to 32 of them',
    ],
    ['a level there is not', (b) => (b.inputs.coin.idle = 1), '$.inputs.coin.idle: 1 / "high" or "low"'],
    ['no pieces of a pixel', (b) => (b.display.width = 480.5), '$.display.width: 480.5 / a whole number from 64 to 4096'],
    [
      'a denomination of nothing',
      (b) => (b.acceptors[0].denominations['1'] = 0),
      '$.acceptors[0].denominations.1: 0 / a whole number from 1 to 1000000000000',
    ],
    [
      'a denomination of no pulses',
      (b) => (b.acceptors[0].denominations = { '0': 100 }),
      '$.acceptors[0].denominations.0: "0" / a number of pulses from 1 to 10000',
    ],
    [
      'too many pulses',
      (b) => (b.acceptors[0].denominations = { '10001': 100 }),
      '$.acceptors[0].denominations.10001: "10001" / a number of pulses from 1 to 10000',
    ],
    [
      'no denomination',
      (b) => (b.acceptors[0].denominations = {}),
      '$.acceptors[0].denominations: no denomination / at least one, or perPulseMinor',
    ],
    ['one name twice', (b) => (b.acceptors[1].name = 'coin'), '$.acceptors[1].name: "coin" again / a name of its own'],
    [
      'an input with the name of an output',
      (b) => (b.outputs.coin = { chip: 'c', line: 'l', active: 'high' }),
      '$.outputs.coin: the name of an input / a name of its own',
    ],
    ['one pin twice', (b) => (b.inputs.bill.line = 'COIN'), '$.inputs.bill: sim-gpio COIN, the pin of inputs.coin / a pin of its own'],
    [
      'one pin as input and output',
      (b) => (b.outputs.relay.line = 'COIN'),
      '$.outputs.relay: sim-gpio COIN, the pin of inputs.coin / a pin of its own',
    ],
    [
      'one input twice',
      (b) => (b.acceptors[1].input = 'coin'),
      '$.acceptors[1].input: "coin", which acceptors.0.input uses / an input of its own',
    ],
    [
      'a button on an acceptor',
      (b) => (b.buttons.p1.input = 'coin'),
      '$.buttons.p1.input: "coin", which acceptors.0.input uses / an input of its own',
    ],
    [
      'an acceptor on an output',
      (b) => (b.acceptors[0].inhibit = 'bill'),
      '$.acceptors[0].inhibit: "bill" / one of the outputs: relay, coin-inhibit, bill-inhibit',
    ],
    [
      'one inhibit line for two',
      (b) => (b.acceptors[1].inhibit = 'coin-inhibit'),
      '$.acceptors[1].inhibit: "coin-inhibit", which another acceptor uses / an output of its own',
    ],
    [
      'an inhibit line that delivers',
      (b) => (b.acceptors[0].inhibit = 'relay'),
      '$.acceptors[0].inhibit: "relay", which delivery uses / an output of its own',
    ],
    [
      'a delivery there is not',
      (b) => (b.delivery.output = 'motor'),
      '$.delivery.output: "motor" / one of the outputs: relay, coin-inhibit, bill-inhibit',
    ],
    [
      'a line that idles the other way',
      (b) => (b.inputs.coin.idle = 'low'),
      '$.inputs.coin.idle: "low" / "high", as the profile ch-926 idles',
    ],
    [
      'feedback that is there already',
      (b) => (b.delivery.feedback = feedback(b, 'high')),
      '$.delivery.feedback.level: "high", the level the input idles at / the other level: this one would answer before anything happened',
    ],
    [
      'half a keypad',
      (b) => (b.buttons = { 1: { input: 'key-1' }, ok: { input: 'key-ok' } }),
      '$.buttons: a keypad without 0, 2, 3, 4, 5, 6, 7, 8, 9, cancel, clear / all of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ok, cancel, clear, or no digit',
    ],
  ])('is refused with %s', (_, change, fault) => {
    expect(faultsOf(change)).toEqual([fault]);
  });

  const feedback = (board: { inputs: Record<string, unknown> }, level: string) => {
    board.inputs.dropped = { chip: 'sim-gpio', line: 'DROPPED', idle: 'high' };
    return { input: 'dropped', level, withinMs: 5_000 };
  };

  it('may have feedback, no delivery, no keypad', () => {
    expect(faultsOf((b) => (b.delivery.feedback = feedback(b, 'low')))).toEqual([]);
    expect(faultsOf((b) => Object.assign(b, { delivery: null, buttons: { ok: { input: 'key-ok' } }, acceptors: [] }))).toEqual([]);
  });

  it('names the profiles there are', () => {
    expect(faultsOf((b) => (b.acceptors[0].profile = 'ch-962'))[0]).toMatch(
      /^\$\.acceptors\[0\]\.profile: "ch-962" \/ "ch-926" or "ch-926-nc"/,
    );
  });

  it('is told every fault at once', () => {
    expect(
      faultsOf((b) => {
        b.hardware = 'usb';
        b.acceptors[0].kind = 'serial';
        delete b.inputs.bill.chip;
      }).map((fault) => fault.split(':')[0]),
    ).toEqual(['$.hardware', '$.inputs.bill.chip', '$.acceptors[0].kind']);
  });

  it.each([
    ['', 'line 1 column 1'],
    ['{"name": "a", "name": "b"}', 'line 1 column 15'],
    ['[]', '$'],
    ['null', '$'],
    [SIM.replace('"coin": {', '"__proto__": {'), '$.inputs'],
    [`${'['.repeat(10_000)}`, 'line 1 column 66'],
  ])('is refused when it is %.40j', (text, path) => {
    expect(faultsOfText(text)[0]?.split(':')[0]).toBe(path);
  });

  it('may begin with a byte order mark', () => {
    expect(faultsOfText(`\uFEFF${SIM}`)).toEqual([]);
  });

  it.each<[string, () => string, string]>([
    ['a name there is not', () => 'simm', 'board-unknown'],
    ['the schema', () => 'board.schema', 'board-unreadable'],
    ['a file there is not', () => join(folder, 'none.json'), 'board-unreadable'],
    ['a folder', () => `${folder}/`, 'board-unreadable'],
    ['a huge file', () => write('huge.json', ' '.repeat(300_000)), 'board-unreadable'],
    ['a wrong file', () => write('wrong.json', '{}'), 'board-invalid'],
  ])('cannot be loaded from %s', (_, name, code) => {
    expect(() => loadBoard(name(), BOARDS)).toThrow(expect.objectContaining({ code, blame: 'configuration' }));
  });

  it('says all of it to a person', () => {
    try {
      loadBoard(write('bad.json', SIM.replace('"simulated"', '"usb"').replace('480', '0')), BOARDS);
      expect.unreachable('a wrong board');
    } catch (error) {
      expect((error as BoardInvalid).explain()).toBe(
        `The board ${join(folder, 'bad.json')} has 2 faults:
  $.hardware: found "usb", expected "simulated" or "libgpiod"
  $.display.width: found 0, expected a whole number from 64 to 4096
Correct the file; \`tilld board schema\` describes its form.`,
      );
    }
  });
});

describe('acceptors on serial ports', () => {
  const coin = { name: 'c', method: 'coin', kind: 'cctalk', device: '/dev/serial0', denominations: { '1': 100, '16': 1_000 } };
  const bill = { name: 'b', method: 'bill', kind: 'cctalk', device: '/dev/serial0', checksum: 'crc', denominations: { '1': 2_000 } };
  const ict = { name: 'i', method: 'bill', kind: 'ict', device: '/dev/ttyUSB0', denominations: { '5': 100_000 } };
  const faults = (...acceptors: object[]) => faultsOf((board) => Object.assign(board, { acceptors }));

  it('may share a bus', () => expect(faults(coin, bill, ict)).toEqual([]));

  it.each<[string, object[], string]>([
    ['one address for two', [coin, { ...coin, name: 'd' }], '$.acceptors[1].address: 2, the address of c / one of its own'],
    [
      'a port that is no bus',
      [coin, { ...ict, device: '/dev/serial0' }],
      '$.acceptors[1].device: /dev/serial0, the port of c / a port of its own',
    ],
    ['no denomination', [{ ...ict, denominations: {} }], '$.acceptors[0].denominations: no denomination / at least one'],
    ['a name twice', [coin, { ...ict, name: 'c' }], '$.acceptors[1].name: "c" again / a name of its own'],
    ['a channel there is not', [{ ...ict, denominations: { '6': 1 } }], '$.acceptors[0].denominations.6: "6" / a channel from 1 to 5'],
    [
      'a position there is not',
      [{ ...coin, denominations: { '17': 1 } }],
      '$.acceptors[0].denominations.17: "17" / a position from 1 to 16',
    ],
    ['coins by a protocol of bills', [{ ...ict, method: 'coin' }], '$.acceptors[0].method: "coin" / "bill"'],
    ['a file that is no device', [{ ...ict, device: 'ttyUSB0' }], '$.acceptors[0].device: "ttyUSB0" / a path below /dev'],
    ['another kind', [{ ...ict, kind: 'mdb' }], '$.acceptors[0].kind: "mdb" / one of "pulse", "cctalk", "ict"'],
  ])('%s is a fault', (_, acceptors, fault) => expect(faults(...acceptors)).toEqual([fault]));
});

it.each(readdirSync(BOARDS).filter((file) => file !== 'board.schema.json'))('%s is in order, and called as its file', (file) => {
  expect(`${loadBoard(join(BOARDS, file), '/nowhere').name}.json`).toBe(file);
});
