// Makes one file of tilld, with the files it reads beside it.
import { join } from 'node:path';
import { build } from './build/build.ts';
import { ROOT } from './build/bundle.ts';
import { runScript, typedPath } from './build/command-line.ts';

const HELP = `Makes one file of tilld and all it imports, with the fonts, voices, boards and pages it reads beside it.

Usage: npm run build [-- --out DIR] [--json]

  --out DIR   where it goes (default dist)
  --json      say what was built as JSON

Then: node dist/tilld.cjs simulate
`;

await runScript({
  name: 'build',
  help: HELP,
  options: { out: { type: 'string' } },
  async run({ out }) {
    const built = await build(typeof out === 'string' ? typedPath(out) : join(ROOT, 'dist'));
    return { value: built, text: `${built.file} (${(built.bytes / 1_048_576).toFixed(1)} MiB) and ${built.files.length} files beside it` };
  },
});
