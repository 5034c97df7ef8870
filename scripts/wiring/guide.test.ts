import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BOARDS_DIR, loadBoard, parseBoard } from '../../src/runtime/board.ts';
import { pinOf } from './header-pins.ts';
import { wiringPictures } from './pictures.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const GUIDE = read('docs/wiring.md');
const README = read('README.md');
const PI_4 = loadBoard('raspberry-pi-4', BOARDS_DIR);

/** JSON blocks of a text that are parts of a board file. */
const boardParts = (source: string): string[] =>
  [...source.matchAll(/^```json\n(.*?)^```$/gms)].map(([, json]) => json ?? '').filter((json) => json.includes('"acceptors"'));

test.each([
  ['docs/wiring.md', GUIDE, ['pulse', 'pulse', 'ict', 'cctalk', 'cctalk']],
  ['README.md', README, ['pulse', 'cctalk', 'ict']],
])('the board-file examples of %s are taken by the real schema', (_, source, kinds) => {
  const found = boardParts(source).flatMap(
    (json) => parseBoard(JSON.stringify({ ...PI_4, ...JSON.parse(json) }), 'example.json').acceptors,
  );
  expect(found.map(({ kind }) => kind)).toEqual(kinds);
  expect(() => parseBoard(JSON.stringify({ ...PI_4, acceptors: [{ ...found[0], profile: 'coins' }] }), 'example.json')).toThrow();
});

test('the pulse examples of the guide are what the board file has', () => {
  const pulse = boardParts(GUIDE).flatMap((json) => JSON.parse(json).acceptors.filter(({ kind }: { kind: string }) => kind === 'pulse'));
  expect(pulse).toEqual(PI_4.acceptors);
});

test('the example of a machine that answers is taken by the real schema', () => {
  const [example = '{}'] = [...GUIDE.matchAll(/^```json\n(.*?)^```$/gms)]
    .map(([, json]) => json ?? '')
    .filter((json) => json.includes('"feedback"'));
  const { inputs, delivery } = JSON.parse(example);
  const board = parseBoard(JSON.stringify({ ...PI_4, inputs: { ...PI_4.inputs, ...inputs }, delivery }), 'example.json');
  expect(board.delivery?.feedback?.input).toBe('done');
  expect(Object.values({ ...PI_4.inputs, ...PI_4.outputs }).map(({ line }) => line)).not.toContain(pinOf(board, 'done').line);
});

test('the table of pins is that of the board file', () => {
  const rows = [...GUIDE.matchAll(/^\| `([\w-]+)` \| (GPIO\d+) \| (\d+) \| [^|]+ \| (high|low) \|$/gm)];
  const expected = [
    ...Object.entries(PI_4.inputs).map(([name, { idle }]) => ({ ...pinOf(PI_4, name), rest: idle })),
    ...Object.entries(PI_4.outputs).map(([name, { active }]) => ({ ...pinOf(PI_4, name), rest: active === 'high' ? 'low' : 'high' })),
  ];
  expect(rows.map(([, name, line, pin, rest]) => ({ name, line, pin: Number(pin), rest }))).toEqual(expected);
});

test('every picture is in the guide, with words for who cannot see it', () => {
  const shown = [...GUIDE.matchAll(/!\[([^\]]{20,})\]\(wiring\/([\w-]+\.svg)\)/g)].map(([, , file]) => file);
  expect(shown.sort()).toEqual(Object.keys(wiringPictures()).sort());
});

test('the profiles and keys of the ds50 board that the guide names are there', () => {
  const ds50 = loadBoard('ds50', BOARDS_DIR);
  for (const [key, line] of [
    ['key-0', 'GPIO4'],
    ['key-3', 'GPIO7'],
    ['key-6', 'GPIO14'],
    ['key-7', 'GPIO15'],
  ] as const) {
    expect(ds50.inputs[key]?.line).toBe(line);
  }
  expect(README).toContain('](docs/wiring.md)');
});
