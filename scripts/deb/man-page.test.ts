import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { needs } from '../../src/testkit/needs.ts';
import { describedCommands, launchPage, tilldPage } from './man-page.ts';
import { roff } from './roff.ts';

const commands = await describedCommands();
const page = tilldPage(commands, '1.2.3', 1_700_000_000);
const groff = needs('/usr/bin/groff', 'groff-base');

test('every command is in it, with every option and example, as its own help has them', () => {
  for (const name of Object.keys(COMMANDS)) expect(page).toMatch(new RegExp(`^\\.SS tilld ${name}\\b`, 'm'));
  for (const { path, command } of commands) {
    const from = page.slice(page.indexOf(`.SS ${roff(`tilld ${path}`)}`));
    expect(from).toContain(roff(command.summary));
    for (const [name, { help }] of Object.entries(command.options)) {
      expect(from).toContain(roff(`--${name}`));
      expect(from).toContain(roff(help));
    }
    for (const line of command.examples ?? []) expect(from).toContain(roff(line));
  }
});

test('the same commands make the same page, of the date it is given', () => {
  expect(tilldPage(commands, '1.2.3', 1_700_000_000)).toBe(page);
  expect(page).toContain('.TH TILLD 8 "2023-11-14" "tilld 1.2.3"');
});

test('tilld-launch has a page of its own, by `tilld launch`', () => {
  const launch = commands.find(({ path }) => path === 'launch');
  if (!launch) throw new RangeError('there is no tilld launch');
  const text = launchPage(launch, '1.2.3', 0);
  for (const name of Object.keys(launch.command.options)) expect(text).toContain(roff(`--${name}`));
});

test.skipIf(groff.missing)(`groff finds nothing wrong with it${groff.why}`, () => {
  const { stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-rCHECKSTYLE=0'], { input: page, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toContain('tilld ota pack');
});
