import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { displayContract } from '../../testkit/display-contract.ts';
import { fakeFramebuffer } from '../../testkit/fake-framebuffer.ts';
import { fakeTerminal } from '../../testkit/fake-terminal.ts';
import { framebufferDisplay } from './framebuffer/framebuffer-display.ts';
import { noDisplay } from './no-display.ts';
import { pngDisplay } from './png-display.ts';
import { terminalDisplay } from './terminal-display.ts';

const mark = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

displayContract('no display', { visible: false, counts: true, touch: false, gone: null }, () => ({
  display: noDisplay(),
  seen: () => null,
  spoil: () => {},
  unplug: () => {},
  plugIn: () => {},
  remove: () => {},
}));

displayContract('a PNG file', { visible: true, counts: true, touch: true, gone: 'picture-not-written' }, ({ clock, log, language }) => {
  const parent = mkdtempSync(join(tmpdir(), 'tilld-png-'));
  const folder = join(parent, 'pictures');
  mkdirSync(folder);
  const file = join(folder, 'screen.png');
  return {
    display: pngDisplay({ file, width: 480, height: 320, look: () => ({ language: language() }), clock, log }),
    seen: () => (existsSync(file) ? mark(readFileSync(file)) : null),
    spoil: () => writeFileSync(file, 'spoilt'),
    unplug: () => renameSync(folder, `${folder}-gone`),
    plugIn: () => renameSync(`${folder}-gone`, folder),
    remove: () => rmSync(parent, { recursive: true }),
  };
});

displayContract('a framebuffer', { visible: true, counts: true, touch: true, gone: 'display-missing' }, ({ clock, log, language }) => {
  const device = fakeFramebuffer({ width: 480, height: 320, bits: 16, stride: 960 });
  return {
    display: framebufferDisplay({ device: 'fb0', root: device.root, rotation: 0, look: () => ({ language: language() }), clock, log }),
    seen: () => device.lit(),
    spoil: () => device.spoil(),
    unplug: () => device.unplug(),
    plugIn: () => device.plugIn(),
    remove: () => device.remove(),
  };
});

for (const isTTY of [true, false]) {
  displayContract(
    isTTY ? 'a terminal' : 'a pipe',
    { visible: true, counts: isTTY, touch: false, gone: 'display-failed' },
    ({ clock, log, language }) => {
      const output = fakeTerminal({ isTTY });
      return {
        display: terminalDisplay({ output, language, clock, log }),
        seen: () => output.seen(),
        spoil: () => output.spoil(),
        unplug: () => output.unplug(),
        plugIn: () => output.plugIn(),
        remove: () => {},
      };
    },
  );
}
