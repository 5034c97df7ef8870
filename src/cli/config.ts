import { type CommandGroup, command } from './command.ts';

const check = command({
  name: 'check',
  summary: 'Check a configuration file, the secrets it names and its products against its board',
  usage: 'FILE',
  args: { least: 1, most: 1 },
  options: {},
  examples: ['tilld config check /etc/tilld/tilld.json', 'tilld config check tilld.json --json   # with every default filled in'],
  async run({ args: [file = ''], env, show }) {
    const { loadConfig } = await import('../runtime/config.ts');
    const { redact, redactText } = await import('../runtime/redact.ts');
    const { BOARDS_DIR, loadBoard } = await import('../runtime/board.ts');
    const { checkProducts } = await import('../runtime/products.ts');
    const settings = loadConfig(file, env);
    checkProducts(file, settings, loadBoard(settings.board, BOARDS_DIR));
    const { device, board, backend, api } = settings;
    show({ ok: true, settings: redact(settings) }, () =>
      redactText(
        [
          `${file} is in order.`,
          `  device ${device.serial} (${device.mac}), board ${board}, protocol ${backend.protocol}, API on ${api.host}:${api.port}`,
        ].join('\n'),
      ),
    );
    return 0;
  },
});

const schema = command({
  name: 'schema',
  summary: 'Print the JSON Schema of the configuration file',
  usage: '',
  options: {},
  examples: ['tilld config schema > tilld.schema.json'],
  async run({ io, json }) {
    const { configJsonSchema } = await import('../runtime/config-json-schema.ts');
    const value = configJsonSchema();
    json ? io.json(value) : io.out(JSON.stringify(value, null, 2));
    return 0;
  },
});

export const config: CommandGroup = {
  name: 'config',
  summary: 'Check a configuration file, or print its schema',
  commands: [check, schema],
};
