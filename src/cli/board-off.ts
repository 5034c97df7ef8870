import { command, UsageFault } from './command.ts';

/**
 * `tilld board off`: every output of the board is driven inactive and let go. For a service manager, after the box has
 * ended, however it ended: a kernel may keep a relay as it was driven last.
 */
export const boardOff = command({
  name: 'off',
  summary: 'Switch every output of a board off, while no box runs on it',
  usage: '',
  options: { config: { type: 'string', value: 'FILE', help: 'Configuration of the box (required)' } },
  examples: ['tilld board off --config /etc/tilld/tilld.json'],
  async run({ values, env, show }) {
    if (values.config === undefined) throw new UsageFault('--config is missing', { expected: '--config FILE' });
    const { loadConfig } = await import('../runtime/config.ts');
    const { BOARDS_DIR, loadBoard } = await import('../runtime/board.ts');
    const board = loadBoard(loadConfig(values.config, env).board, BOARDS_DIR);
    const outputs = board.hardware === 'libgpiod' ? Object.keys(board.outputs) : [];
    if (outputs.length > 0) {
      const { pinsOf } = await import('../runtime/hardware.ts');
      const { systemClock } = await import('../runtime/clock.ts');
      const { stderrLog } = await import('../runtime/log.ts');
      const pins = await pinsOf({ ...board, inputs: {} }, { clock: systemClock(), log: stderrLog('error'), env });
      // The driver switches them off when it takes them, and again when it lets them go.
      await pins.open();
      const [missing] = pins.faults();
      await pins.close();
      if (missing) throw missing.fault;
    }
    show({ ok: true, off: outputs }, () => (outputs.length === 0 ? 'The board has no real outputs.' : `Off: ${outputs.join(', ')}.`));
    return 0;
  },
});
