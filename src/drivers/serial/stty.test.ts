import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { needsPython, openPty } from '../../testkit/pty.ts';
import { BAUD_RATES, type SerialSettings, setSerial, sttyArguments } from './stty.ts';

const NEVER = new AbortController().signal;
const python = needsPython();

/** What `stty` says about a port that was set. */
async function settingsAfter(settings: Omit<SerialSettings, 'path'>): Promise<string[]> {
  const pty = await openPty(() => {});
  try {
    await setSerial({ ...settings, path: pty.path }, NEVER);
    return execFileSync('stty', ['-a', '-F', pty.path], { encoding: 'utf8' }).split(/[\s;]+/);
  } finally {
    await pty.close();
  }
}

describe.skipIf(python.missing)(`a serial port${python.why}`, () => {
  it.each<[SerialSettings['flow'], string[]]>([
    ['rts-cts', ['crtscts', '-ixon', '-ixoff']],
    ['xon-xoff', ['-crtscts', 'ixon', '-ixoff', '-ixany']],
    ['none', ['-crtscts', '-ixon', '-ixoff']],
  ])('carries bytes as they are, with flow control %s', async (flow, expected) => {
    const settings = await settingsAfter({ baud: 19_200, flow });
    expect(settings).toEqual(
      expect.arrayContaining([...expected, '-icanon', '-echo', '-opost', '-isig', 'cs8', '-parenb', '-cstopb', '-hupcl']),
    );
    expect(settings.slice(0, 3)).toEqual(['speed', '19200', 'baud']);
  });

  it.each(BAUD_RATES)('takes %i baud', async (baud) => {
    expect((await settingsAfter({ baud, flow: 'none' }))[1]).toBe(String(baud));
  });
});

it.each([
  ['/dev/does-not-exist', /No such file/],
  ['/dev/null', /ioctl/],
])('%s is refused, with what stty says', async (path, found) => {
  const fault = await setSerial({ path, baud: 9_600, flow: 'none' }, NEVER).catch((error: unknown) => error);
  expect(fault).toMatchObject({
    code: 'serial-not-set',
    blame: 'device',
    found: expect.stringMatching(found),
    message: expect.stringContaining(path),
  });
});

it('asks for even parity in a way that lets no damaged byte pass, as a terminal pair cannot show', () => {
  const args = (parity: 'none' | 'even') => sttyArguments({ path: '/dev/ttyS0', baud: 9_600, flow: 'none', parity });
  expect(args('even')).toEqual(expect.arrayContaining(['cs8', 'parenb', '-parodd', 'inpck', '-ignpar', '-parmrk']));
  expect(args('none')).toEqual(expect.arrayContaining(['cs8', '-parenb', '-inpck']));
});

it('is given up at a signal', async () => {
  await expect(setSerial({ path: '/dev/null', baud: 9_600, flow: 'none' }, AbortSignal.abort())).rejects.toMatchObject({
    code: 'serial-not-set',
  });
});
