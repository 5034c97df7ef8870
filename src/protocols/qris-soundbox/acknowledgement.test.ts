import { describe, expect, test } from 'vitest';
import type { Ack } from '../../domain/remote.ts';
import { textOf } from '../../testkit/ds50-messages.ts';
import { changed } from '../../testkit/qris-messages.ts';
import * as codec from './codec.ts';

const TEN = Date.UTC(2026, 4, 23, 10);

describe('answers of the box', () => {
  const about = { settings: { kind: 'settings', version: 3 }, command: { kind: 'command', command: 'cmd_123', name: 'reboot' } } as const;
  const said = (ack: Pick<Ack, 'about' | 'state'> & Partial<Ack>) => {
    const { kind, payload } = codec.encodeAck('sbx_001', { id: 'ack-1', code: '', reason: '', ...ack }, TEN);
    return { kind, ...JSON.parse(textOf(payload)) };
  };

  test.each([
    ['done', 'applied', 'done'],
    ['ignored', 'ignored', 'done'],
    ['refused', 'rejected', 'refused'],
    ['failed', 'rejected', 'failed'],
    ['accepted', 'applied', 'accepted'],
  ] as const)('%s goes out as %s and %s', (state, config, command) => {
    expect(said({ about: about.settings, state })).toMatchObject({ kind: 'config/ack', config_version: 3, status: config });
    expect(said({ about: about.command, state })).toMatchObject({ kind: 'command/ack', command_id: 'cmd_123', status: command });
  });

  test('say why, on one short line', () => {
    const { code, reason } = said({ about: about.command, state: 'failed', code: 'x-failed', reason: `a\nb${'c'.repeat(600)}` });
    expect([code, reason]).toEqual(['x-failed', `a b${'c'.repeat(497)}`]);
  });

  test('carry what was found out, or nothing', () => {
    expect(said({ about: about.command, state: 'done', result: { lines: ['a'] } }).result).toEqual({ lines: ['a'] });
    expect(said({ about: about.command, state: 'done' }).result).toEqual({});
    expect(codec.decodeCommandAck(changed('command-ack', { result: undefined })).result).toEqual({});
  });
});
