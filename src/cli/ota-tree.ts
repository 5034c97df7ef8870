import { packTree } from '../ota/package/tree.ts';
import { type Command, command } from './command.ts';
import { outFolder, RESOURCE_TREE, readTemplate, userPath } from './ota-folder.ts';

/** `tilld ota tree` */
export const tree: Command = command({
  name: 'tree',
  summary: 'Make resource_V….zip from a folder with cust, mp3, ui and key',
  usage: '[DIR]',
  args: { least: 0, most: 1 },
  options: {
    version: { type: 'string', value: 'V1.0.0', help: 'Version of the resources; default: the one in ota/resource.json' },
    out: { type: 'string', value: 'DIR', help: 'Where to', default: '.' },
  },
  examples: ['tilld ota tree --version V1.0.1', 'npm run resource_tree -- --version V1.0.1'],
  async run({ args: [dir], values, env, show }) {
    const from = dir === undefined ? RESOURCE_TREE : userPath(dir, env);
    const made = await packTree(from, values.version ?? readTemplate().version, outFolder(values.out, env));
    show(made, () =>
      [made.file, `${made.size} bytes, ${made.files.length} files, sha256 ${made.sha256}`, ...made.files.map((path) => `  ${path}`)].join(
        '\n',
      ),
    );
    return 0;
  },
});
