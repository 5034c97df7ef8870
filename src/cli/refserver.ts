import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationFault } from '../domain/fault.ts';
import type { ReferenceBackend } from '../refserver/server.ts';
import { createLog } from '../runtime/log.ts';
import { type Command, command, integerOption } from './command.ts';
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
    state: { type: 'string', value: 'DIR', help: 'Folder to keep devices, charges and logs in', default: '.tilld' },
    'trusted-key': { type: 'string', value: 'FILE', help: 'Public key that packages for its TMS must be signed with; default: any' },
    host: { type: 'string', value: 'H', help: 'Address to listen on; there is no password, so keep it local', default: '127.0.0.1' },
  },
  examples: ['tilld refserver', 'tilld refserver --http-port 9081 --mqtt-port 9884 --gateway-port 9300 --state /tmp/backend'],
  run: async ({ values, json, io, show, stopSignal }) => {
    const httpPort = integerOption('http-port', values['http-port'], 0, 65_535);
    const mqttPort = integerOption('mqtt-port', values['mqtt-port'], 0, 65_535);
    const gatewayPort = integerOption('gateway-port', values['gateway-port'], 0, 65_535);
    await makeFolder(values.state);
    const stop = stopSignal();
    const { startReferenceBackend } = await import('../refserver/server.ts');
    const log = createLog({ level: 'warn', human: io.isTTY, write: (line) => io.err(line) });
    const trustedKey = values['trusted-key'];
    const tms = trustedKey === undefined ? {} : { tms: { trustedKeys: [readKey(trustedKey, 'Name another file with --trusted-key.')] } };
    const stateFile = join(values.state, 'refserver.sqlite');
    const backend = await startReferenceBackend({ httpPort, mqttPort, gatewayPort, host: values.host, stateFile, log, ...tms });
    show({ httpUrl: backend.httpUrl, mqttUrl: backend.mqttUrl, gatewayUrl: backend.gatewayUrl, stateFile }, () =>
      addresses(backend, stateFile),
    );
    if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
    await backend.stop();
    if (!json) io.err('The reference backend has stopped.');
    return 0;
  },
});

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

const addresses = ({ httpUrl, mqttUrl, gatewayUrl }: ReferenceBackend, stateFile: string): string =>
  [
    `Reference backend  ${httpUrl}`,
    `MQTT broker        ${mqttUrl}`,
    `Payment gateway    ${gatewayUrl}`,
    `State              ${stateFile}`,
    '',
    'Open the first address to claim boxes and pay. Ctrl-C stops it.',
  ].join('\n');
