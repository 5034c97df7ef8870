import { inspectPack, type PackReport } from '../drivers/sound/check.ts';
import { columns } from './columns.ts';
import { type CommandGroup, command } from './command.ts';
import { userPath } from './ota-folder.ts';

const check = command({
  name: 'check',
  summary: 'List what a voice pack lacks, and what of it cannot be used',
  usage: 'DIR',
  args: { least: 1, most: 1 },
  options: {},
  examples: ['tilld voice check assets/voice/id', 'tilld voice check my-thai-voice --json   # length and loudness of every clip too'],
  async run({ args: [directory = ''], env, show }) {
    const report = await inspectPack(userPath(directory, env));
    const { ok, manifest, clips, problems } = report;
    const { language, sampleRate, source } = manifest;
    show({ ok, language, sampleRate, source, clips, problems }, () => reportText(directory, report));
    return ok ? 0 : 1;
  },
});

/** `tilld voice check` */
export const voice: CommandGroup = { name: 'voice', summary: 'Check a voice pack', commands: [check] };

function reportText(directory: string, { ok, manifest, clips, problems }: PackReport): string {
  const seconds = clips.reduce((sum, { ms }) => sum + ms, 0) / 1_000;
  const lines = [
    `${directory}: ${ok ? 'good' : 'NOT good'}`,
    ...columns([
      ['language', manifest.language],
      ['source', manifest.source],
      ['clips', `${clips.length}, ${seconds.toFixed(1)} s`],
    ]),
    ...(ok ? [] : ['', ...columns(problems.map(({ code, about, detail }) => [code, about, detail]))]),
  ];
  // Names come from strangers: nothing in them may steer the terminal.
  return lines.map((line) => line.replace(/\p{C}/gu, '\u{fffd}')).join('\n');
}
