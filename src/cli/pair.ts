import type { PairingView } from '../app/box.ts';
import { BOX_OPTIONS, boxClient } from './box-client.ts';
import { type Command, command } from './command.ts';

/** `tilld pair` */
export const pair: Command = command({
  name: 'pair',
  summary: 'Ask the backend for a new pairing PIN',
  usage: '',
  options: BOX_OPTIONS,
  async run(context) {
    const pairing = await boxClient(context).pair();
    context.show(pairing, () => pairingText(pairing));
    return pairing.state === 'registered' || pairing.state === 'paired' ? 0 : 1;
  },
});

function pairingText({ state, pin, deviceId, reason }: PairingView): string {
  if (pin !== null) return `PIN ${pin}: type it on the backend's page to claim ${deviceId ?? 'the box'}.`;
  if (state === 'paired') return `The box is paired as ${deviceId ?? 'an unknown device'}.`;
  return `The box is ${state === 'refused' ? 'refused by the backend' : 'not paired'}${reason === null ? '.' : `: ${reason}`}`;
}
