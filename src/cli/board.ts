import type { BoardAcceptor } from '../domain/board.ts';
import { boardOff } from './board-off.ts';
import { type CommandGroup, command } from './command.ts';

const check = command({
  name: 'check',
  summary: 'Check a board file: form, names, pins and profiles',
  usage: 'FILE',
  args: { least: 1, most: 1 },
  options: {},
  examples: ['tilld board check boards/sim.json', 'tilld board check my-box.json --json   # every fault with its path, for programs'],
  async run({ args: [file = ''], show }) {
    const { resolve } = await import('node:path');
    const { BOARDS_DIR, loadBoard } = await import('../runtime/board.ts');
    // A bare name means a board that comes with tilld, as it does in a configuration.
    const board = loadBoard(/^[\w-]+$/.test(file) ? file : resolve(file), BOARDS_DIR);
    const { name, title, hardware, inputs, outputs, acceptors, delivery, buttons, display } = board;
    show({ ok: true, board }, () =>
      [
        `${file} is in order.`,
        `  ${title} (${name}, ${hardware}), screen ${display.width}x${display.height}`,
        `  ${Object.keys(inputs).length} inputs, ${Object.keys(outputs).length} outputs, ${Object.keys(buttons).length} buttons`,
        ...acceptors.map((a) => `  ${a.method} acceptor ${a.name}: ${wayOf(a)}, ${pieces(a.denominations)}`),
        `  delivery: ${delivery ? delivery.output : 'none'}${delivery?.feedback ? `, answered on ${delivery.feedback.input}` : ''}`,
      ].join('\n'),
    );
    return 0;
  },
});

const wayOf = (acceptor: BoardAcceptor): string =>
  acceptor.kind === 'pulse' ? `${acceptor.profile} on ${acceptor.input}` : `${acceptor.kind} on ${acceptor.device}`;

const pieces = (denominations: Readonly<Record<string, number>>): string =>
  `${
    Object.values(denominations)
      .sort((a, b) => a - b)
      .join(', ') || 'no table'
  } in minor units`;

const schema = command({
  name: 'schema',
  summary: 'Print the JSON Schema of board files',
  usage: '',
  options: {},
  examples: ['tilld board schema > boards/board.schema.json'],
  async run({ io, json }) {
    const { boardJsonSchema } = await import('../runtime/board-json-schema.ts');
    const value = boardJsonSchema();
    json ? io.json(value) : io.out(JSON.stringify(value, null, 2));
    return 0;
  },
});

export const board: CommandGroup = {
  name: 'board',
  summary: 'Check a board file, print its schema, or switch the outputs off',
  commands: [check, schema, boardOff],
};
