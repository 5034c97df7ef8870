import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IctDecoder, type IctMessage } from './ict.ts';

const wordOf = (message: IctMessage): string => {
  switch (message.kind) {
    case 'note':
      return `note ${message.channel}`;
    case 'status':
      return message.state;
    case 'error':
      return message.code;
    case 'noise':
      return `noise ${message.byte.toString(16)}`;
    default:
      return message.kind;
  }
};

/** The messages in bytes, and those that a lull after them brings. */
function decode(bytes: readonly number[]): string[] {
  const decoder = new IctDecoder();
  return [...bytes.flatMap((byte) => decoder.byte(byte)), ...decoder.lull()].map(wordOf);
}

describe('the bytes of a bill acceptor', () => {
  it.each<[string, number[], string[]]>([
    ['a power-up', [0x80, 0x8f], ['power-up']],
    ['the first channel', [0x81, 0x40], ['note 1']],
    ['the second channel', [0x81, 0x41], ['note 2']],
    ['the third channel', [0x81, 0x42], ['note 3']],
    ['the fourth channel', [0x81, 0x43], ['note 4']],
    ['the fifth channel', [0x81, 0x44], ['note 5']],
    ['a stacked note', [0x10], ['stacked']],
    ['a returned note', [0x11], ['returned']],
    ['enabled', [0x3e], ['enabled']],
    ['inhibited', [0x5e], ['inhibited']],
    ['busy', [0x71], ['busy']],
    ['a whole sale', [0x80, 0x8f, 0x3e, 0x71, 0x81, 0x42, 0x10, 0x3e], ['power-up', 'enabled', 'busy', 'note 3', 'stacked', 'enabled']],
    ['all errors', [0x20, 0x21, 0x22, 0x23], ['bill-motor', 'bill-checksum', 'bill-jam', 'bill-removed']],
    ['and more', [0x24, 0x25, 0x27, 0x28], ['stacker-open', 'bill-sensor', 'bill-fishing', 'stacker-failed']],
    ['a note refused, a bad command, errors over', [0x29, 0x2a, 0x2f], ['refused', 'command-refused', 'cleared']],
    ['errors nobody has named', [0x26, 0x2b, 0x2e], ['noise 26', 'noise 2b', 'noise 2e']],
    ['a channel alone', [0x40], ['noise 40']],
    ['the end of a power-up alone', [0x8f], ['noise 8f']],
    ['a power-up cut short', [0x80], ['noise 80']],
    ['a power-up broken by a message', [0x80, 0x10], ['noise 80', 'stacked']],
    ['a power-up begun twice', [0x80, 0x80, 0x8f], ['noise 80', 'power-up']],
    ['a channel beyond the fifth', [0x81, 0x45], ['note null']],
    ['a channel with a wrong parity', [0x81, 0x00], ['note null']],
    ['a note cut short', [0x81], ['note null']],
    ['a note broken by a message', [0x81, 0x10], ['note null', 'stacked']],
    ['a note broken by a note', [0x81, 0x81, 0x40], ['note null', 'note 1']],
    ['a note broken by a power-up', [0x81, 0x80, 0x8f], ['note null', 'power-up']],
    ['the host heard back', [0x02, 0x0c, 0x0f, 0x18, 0x30], ['noise 2', 'noise c', 'noise f', 'noise 18', 'noise 30']],
    ['wrong parity', [0x00, 0xff], ['noise 0', 'noise ff']],
  ])('%s', (_, bytes, expected) => {
    expect(decode(bytes)).toEqual(expected);
  });

  it('is open between the two bytes of a message, and only there', () => {
    const decoder = new IctDecoder();
    expect(decoder.open).toBe(false);
    decoder.byte(0x81);
    expect(decoder.open).toBe(true);
    decoder.byte(0x40);
    expect(decoder.open).toBe(false);
    decoder.byte(0x80);
    decoder.lull();
    expect([decoder.open, decoder.lull()]).toEqual([false, []]);
  });

  it('makes no money of anything else: a credit is one byte 10, a note one byte 81', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 255 })), (bytes) => {
        const words = decode(bytes);
        const count = (test: (word: string) => boolean) => words.filter(test).length;
        expect(count((word) => word === 'stacked')).toBe(bytes.filter((byte) => byte === 0x10).length);
        expect(count((word) => word.startsWith('note'))).toBe(bytes.filter((byte) => byte === 0x81).length);
      }),
    );
  });
});
