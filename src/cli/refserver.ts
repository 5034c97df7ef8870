import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationFault } from '../domain/fault.ts';
import type { ReferenceGatewayOptions } from '../refserver/payment-gateway/reference.ts';
import type { ReferenceBackend } from '../refserver/server.ts';
import { createLog } from '../runtime/log.ts';
import { type Command, type Context, command, type Io, integerOption } from './command.ts';
import { readKey } from './ota-folder.ts';

/** `tilld refserver`: the reference backend alone, until it is told to stop. */
export const refserver: Command = command({
  name: 'refserver',
  summary: 'Run the reference backend alone',
  usage: '',
  options: {
    'http-port': { type: 'string', value: 'N', help: 'Port for HTTP and the page; 0 takes any free one', default: '8081' },
    'mqtt-port': { type: 'string', value: 'N', help: 'Port of the MQTT broker; 0 takes any free one', default: '1884' },
    'gateway-port': { type: 'string', value: 'N', help: 'Port of the payment gateway; 0 takes any free one', default: '3000' },
    'gateway-config': {
      type: 'string',
      value: 'FILE',
      help: 'Keys that make it a real gateway: clients, PayOS, TheSieuToc; default: simulated',
    },
    state: { type: 'string', value: 'DIR', help: 'Folder to keep devices, charges and logs in', default: '.tilld' },
    'trusted-key': { type: 'string', value: 'FILE', help: 'Public key that packages for its TMS must be signed with; default: any' },
    host: { type: 'string', value: 'H', help: 'Address to listen on; there is no password, so keep it local', default: '127.0.0.1' },
  },
  examples: [
    'tilld refserver',
    'tilld refserver --http-port 9081 --mqtt-port 9884 --gateway-port 9300 --state /tmp/backend',
    'tilld refserver --gateway-config gateway.json   # {"apiKeys": {"kiosk-7": {"file": "kiosk-7.key"}}, "payos": {…}, "thesieutoc": {…}}',
  ],
  run: async ({ values, json, io, env, show, stopSignal }) => {
    const httpPort = integerOption('http-port', values['http-port'], 0, 65_535);
    const mqttPort = integerOption('mqtt-port', values['mqtt-port'], 0, 65_535);
    const gatewayPort = integerOption('gateway-port', values['gateway-port'], 0, 65_535);
    const gateway = await gatewayOptions(values['gateway-config'], env, io);
    await makeFolder(values.state);
    const stop = stopSignal();
    const { startReferenceBackend } = await import('../refserver/server.ts');
    const log = createLog({ level: 'warn', human: io.isTTY, write: (line) => io.err(line) });
    const trustedKey = values['trusted-key'];
    const tms = trustedKey === undefined ? {} : { tms: { trustedKeys: [readKey(trustedKey, 'Name another file with --trusted-key.')] } };
    const stateFile = join(values.state, 'refserver.sqlite');
    const backend = await startReferenceBackend({ httpPort, mqttPort, gatewayPort, host: values.host, stateFile, log, gateway, ...tms });
    const upstreams = { payos: kind(gateway.payos), thesieutoc: kind(gateway.thesieutoc) };
    show(
      { httpUrl: backend.httpUrl, mqttUrl: backend.mqttUrl, gatewayUrl: backend.gatewayUrl, gatewayUpstreams: upstreams, stateFile },
      () => addresses(backend, upstreams, stateFile),
    );
    if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
    await backend.stop();
    if (!json) io.err('The reference backend has stopped.');
    return 0;
  },
});

/** What the file of `--gateway-config` says; without one everything behind the gateway is simulated. */
async function gatewayOptions(file: string | undefined, env: Context['env'], io: Io): Promise<ReferenceGatewayOptions> {
  if (file === undefined) return {};
  const { readGatewayConfig } = await import('./refserver-gateway.ts');
  const { options, readableByOthers } = readGatewayConfig(file, env);
  if (readableByOthers) io.err(`Others can read ${file}, and the keys in it: chmod 600 keeps it to its owner.`);
  return options;
}

const kind = (settings: object | undefined) => (settings === undefined ? 'simulated' : 'real');

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new ConfigurationFault('The state folder cannot be made', {
      code: 'state-folder',
      found: folder,
      remedy: 'Give a folder you may write to with --state.',
      cause,
    });
  }
}

interface Upstreams {
  readonly payos: string;
  readonly thesieutoc: string;
}

const addresses = ({ httpUrl, mqttUrl, gatewayUrl }: ReferenceBackend, { payos, thesieutoc }: Upstreams, stateFile: string): string =>
  [
    `Reference backend  ${httpUrl}`,
    `MQTT broker        ${mqttUrl}`,
    `Payment gateway    ${gatewayUrl}   PayOS: ${payos}, TheSieuToc: ${thesieutoc}`,
    `State              ${stateFile}`,
    '',
    'Open the first address to claim boxes and pay. Ctrl-C stops it.',
  ].join('\n');
