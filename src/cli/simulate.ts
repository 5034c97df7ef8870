import { resolve } from 'node:path';
import { ConfigurationFault } from '../domain/fault.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { ownCommand } from '../program-files.ts';
import { createLog } from '../runtime/log.ts';
import type { ApiAddress } from '../simulator/box-proxy.ts';
import type { Supervisor } from '../simulator/supervisor.ts';
import { type Command, command, type Io, integerOption, UsageFault } from './command.ts';
import { portsIn, signingKeys, writeBoxConfig } from './simulate-config.ts';
import { SIMULATED_PROTOCOLS, type SimulatedProtocol } from './simulate-new-box.ts';
import { claimPort } from './simulate-ports.ts';
import { openStateFolder, type SimulationFiles } from './simulate-state.ts';

/** How long the box may take to answer before the addresses are printed all the same. */
const READY_MS = 10_000;
const ASK_EVERY_MS = 100;
const NAMES = `${SIMULATED_PROTOCOLS.slice(0, -1).join(', ')} or ${SIMULATED_PROTOCOLS.at(-1)}`;

/** `tilld simulate`: a virtual box, the reference backend with its broker, and the panel to play with, until Ctrl-C. */
export const simulate: Command = command({
  name: 'simulate',
  summary: 'Run a virtual box with its own backend, broker and panel',
  usage: '',
  options: {
    port: { type: 'string', value: 'N', help: 'Port of the panel; 0 takes any free one', default: '8080' },
    protocol: { type: 'string', value: 'NAME', help: `What the box speaks: ${NAMES}`, default: 'promptpay' },
    state: { type: 'string', value: 'DIR', help: 'Folder to keep everything in (.tilld, or .tilld-NAME with another protocol)' },
    fresh: { type: 'boolean', help: 'Start over: remove what earlier runs keep in that folder', default: false },
    'api-port': { type: 'string', value: 'N', help: "Port of the box's local API (7070, or what box.json says)" },
    'http-port': { type: 'string', value: 'N', help: 'Port of the reference backend (8081, or what box.json says)' },
    'mqtt-port': { type: 'string', value: 'N', help: 'Port of the MQTT broker (1884, or what box.json says)' },
    'gateway-port': { type: 'string', value: 'N', help: 'Port of the payment gateway (3000, or what box.json says)' },
    host: { type: 'string', value: 'H', help: 'Address to listen on; there is no password, so keep it local', default: '127.0.0.1' },
  },
  examples: [
    'tilld simulate',
    'tilld simulate --protocol ds50   # a payment speaker with card reader and TMS',
    'tilld simulate --protocol qris-soundbox   # a soundbox that speaks Indonesian',
    'tilld simulate --protocol kiosk   # a kiosk with a touch screen and a ticket printer',
    'tilld simulate --protocol payment-gateway   # a vending machine in Viet Nam, over a payment gateway',
    'tilld simulate --fresh',
    'tilld simulate --port 9080 --state /tmp/second --api-port 0 --http-port 0 --mqtt-port 0',
  ],
  run: async ({ values, json, io, show, stopSignal }) => {
    const port = integerOption('port', values.port, 0, 65_535);
    const asked = {
      api: portOption('api-port', values),
      http: portOption('http-port', values),
      mqtt: portOption('mqtt-port', values),
      gateway: portOption('gateway-port', values),
    };
    const stop = stopSignal();
    const log = createLog({ level: 'warn', human: io.isTTY, write: (line) => io.err(line) });
    const protocol = protocolOption(values.protocol);
    const folder = values.state ?? (protocol === 'promptpay' ? '.tilld' : `.tilld-${protocol}`);
    const files = openStateFolder(resolve(folder), values.fresh);
    const known = portsIn(files.configFile);
    const { host } = values;
    const wanted = {
      panel: port,
      api: asked.api ?? known.api ?? 7070,
      http: asked.http ?? known.http ?? 8081,
      mqtt: asked.mqtt ?? known.mqtt ?? 1884,
      ...(protocol === 'payment-gateway' ? { gateway: asked.gateway ?? known.gateway ?? 3000 } : {}),
    };
    const ports = await claimPorts(wanted, host);

    await using running = new AsyncDisposableStack();
    const { startReferenceBackend } = await import('../refserver/server.ts');
    const trustedKeys = signingKeys(files.configFile, protocol);
    const backend = await startReferenceBackend({
      httpPort: ports.http,
      mqttPort: ports.mqtt,
      ...(ports.gateway === undefined ? {} : { gatewayPort: ports.gateway }),
      host,
      stateFile: files.backendState,
      log,
      tms: { trustedKeys },
    });
    running.defer(() => backend.stop());
    writeBoxConfig(
      files.configFile,
      { apiPort: ports.api, httpUrl: backend.httpUrl, mqttUrl: backend.mqttUrl, gatewayUrl: backend.gatewayUrl },
      protocol,
    );

    const box = await boxOf(files, io, log);
    running.defer(() => box.supervisor.stop());
    const { startPanel } = await import('../simulator/panel-server.ts');
    const refUrl = `${backend.httpUrl}/`;
    const panel = await startPanel({ host, port: ports.panel, api: box.api, refUrl, board: box.board, power: box.supervisor, log });
    running.defer(() => panel.stop());

    await box.supervisor.switchOn();
    if (!(await answers(box.api, box.clock, box.supervisor, stop)) && !stop.aborted)
      log.warn('box.not-answering', { config: files.configFile });
    const addresses = {
      panelUrl: `${urlOf({ host: loopbackNamed(host), port: panel.port })}/`,
      backendUrl: refUrl,
      mqttUrl: backend.mqttUrl,
      apiUrl: urlOf(box.api),
      configFile: files.configFile,
    };
    if (!stop.aborted) {
      show(addresses, () => welcome(addresses, protocol));
      await new Promise((done) => stop.addEventListener('abort', done, { once: true }));
    }
    if (!json) io.err('Stopping …');
    return 0;
  },
});

function protocolOption(text: string): SimulatedProtocol {
  const protocol = SIMULATED_PROTOCOLS.find((one) => one === text);
  if (protocol) return protocol;
  throw new UsageFault('--protocol is not usable', { found: JSON.stringify(text), expected: NAMES });
}

function portOption(
  name: 'api-port' | 'http-port' | 'mqtt-port' | 'gateway-port',
  values: Readonly<Record<string, unknown>>,
): number | null {
  const text = values[name];
  return typeof text === 'string' ? integerOption(name, text, 0, 65_535) : null;
}

/** All of them before anything is started. */
async function claimPorts(
  wanted: Readonly<Record<'panel' | 'api' | 'http' | 'mqtt', number>> & { readonly gateway?: number },
  host: string,
) {
  const { gateway } = wanted;
  return {
    panel: await claimPort({ what: 'the panel', option: 'port', host, port: wanted.panel }),
    api: await claimPort({ what: "the box's local API", option: 'api-port', host: '127.0.0.1', port: wanted.api }),
    http: await claimPort({ what: 'the reference backend', option: 'http-port', host, port: wanted.http }),
    mqtt: await claimPort({ what: 'the MQTT broker', option: 'mqtt-port', host, port: wanted.mqtt }),
    ...(gateway === undefined
      ? {}
      : { gateway: await claimPort({ what: 'the payment gateway', option: 'gateway-port', host, port: gateway }) }),
  };
}

/** The box by its configuration, which is checked here: a fault in it is told at once and not by a box that cannot start. */
async function boxOf({ configFile, boxState }: SimulationFiles, io: Io, log: Log) {
  const [{ loadConfig }, { BOARDS_DIR, loadBoard }, { panelBoard }, { Supervisor }, { systemClock }] = await Promise.all([
    import('../runtime/config.ts'),
    import('../runtime/board.ts'),
    import('../simulator/panel-board.ts'),
    import('../simulator/supervisor.ts'),
    import('../runtime/clock.ts'),
  ]);
  const config = loadConfig(configFile);
  const board = loadBoard(config.board, BOARDS_DIR);
  if (board.hardware !== 'simulated') {
    throw new ConfigurationFault('The board of the virtual box must be a simulated one', {
      code: 'board-not-simulated',
      found: `${config.board} (${board.hardware}) in ${configFile}`,
      remedy: 'Set "board" to "sim", or to a board file whose hardware is "simulated".',
    });
  }
  const clock = systemClock();
  const { token, port } = config.api;
  return {
    clock,
    board: panelBoard(board, config.device.serial, config.sale.policy),
    api: { host: destination(config.api.host), port, ...(token === undefined ? {} : { token }) },
    supervisor: new Supervisor({
      // However this process ends, its box must not go on alone and hold its port.
      ...ownCommand(['run', '--until-parent-ends', '--config', configFile, '--state', boxState]),
      clock,
      log,
      onLine: (line) => forward(line, io, log),
    }),
  };
}

/** The box's own log, in the form of ours on a terminal; anything else it writes is passed on as it is. */
function forward(line: string, io: Io, log: Log): void {
  if (!io.isTTY || !line.startsWith('{')) {
    io.err(line);
    return;
  }
  try {
    const { level, time: _, event, ...fields } = JSON.parse(line);
    log[level as 'debug' | 'info' | 'warn' | 'error'](`box: ${event}`, fields);
  } catch {
    io.err(line);
  }
}

/** Waits until the box answers; false when it took too long, died, or was told to stop before. */
async function answers(api: ApiAddress, clock: Clock, supervisor: Supervisor, stop: AbortSignal): Promise<boolean> {
  const end = clock.monotonicMs() + READY_MS;
  while (clock.monotonicMs() < end && !stop.aborted && supervisor.state().lastDeath === null) {
    const answered = await fetch(`${urlOf(api)}/healthz`).then(
      (response) => response.body?.cancel().then(() => true) ?? true,
      () => false,
    );
    if (answered) return true;
    await new Promise<void>((done) => void clock.after(ASK_EVERY_MS, done));
  }
  return false;
}

/** Where to reach what listens on every address. */
const destination = (host: string): string => ({ '0.0.0.0': '127.0.0.1', '::': '::1' })[host] ?? host;
/** The name a person types for this very machine. */
const loopbackNamed = (host: string): string => (['127.0.0.1', '::1'].includes(destination(host)) ? 'localhost' : host);
const urlOf = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

interface Addresses {
  readonly panelUrl: string;
  readonly backendUrl: string;
  readonly configFile: string;
}

const STEPS: Readonly<Record<SimulatedProtocol, readonly string[]>> = {
  promptpay: [
    "Open both addresses. The box shows a PIN: claim the box with it on the backend's page.",
    'Press a product on the box, then "Customer pays" on the backend\'s page; or put in coins and bills.',
    'Cut the power or the network in the middle and look at the journal.',
  ],
  ds50: [
    "Open both addresses. Push an order from the backend's page, or type an amount and OK on the box.",
    "Present a card at the panel; the next answer of the payment server is chosen on the backend's page.",
    'Put the posparam.ini beside the configuration into ota/resource/cust, make a package with `npm run resource_tree` and\n     `npm run resource_package` (--key: ota.key beside the configuration), and roll it out on the TMS page of the backend.',
  ],
  'qris-soundbox': [
    "Open both addresses. Type an amount and OK on the box, then pay it on the backend's page: the box says the amount.",
    "Pay the shop without any request, push settings and send commands from the backend's page.",
  ],
  kiosk: [
    'Open both addresses. Touch an amount and a way to pay on the box, then "Approve" on the backend\'s page.',
    'The ticket is printed into a picture: take the paper away first, and see what the box and its backend make of it.',
    'Cut the power or the network while the payment is processed: the box goes on where it was.',
  ],
  'payment-gateway': [
    "Open both addresses. Press a product on the box, then pay its link on the backend's page: all of it, a part, or too much.",
    'Of a part that was paid the box shows a QR over the rest. It asks for what became of a link; nothing tells it.',
    'Or pay with a top-up card: press 1 while the QR is shown, and type any digits (a serial that ends in 00 is a bad card).\n     With letters: POST {"operator": "Viettel", "amountMinor": 50000, "serial": "…", "pin": "…"} to v1/sales/ID/top-up of the box.',
  ],
};

const welcome = ({ panelUrl, backendUrl, configFile }: Addresses, protocol: SimulatedProtocol): string => `
Payment box        ${panelUrl}
Reference backend  ${backendUrl}

What to do next:
${STEPS[protocol].map((step, i) => `  ${i + 1}. ${step}`).join('\n')}
Change the box in ${configFile}. Ctrl-C stops everything.
`;
