import type { Command, CommandGroup } from './command.ts';

/** Where to find a command, and its line in `tilld --help`, so that help need not load them all. */
interface Listed {
  readonly summary: string;
  readonly load: () => Promise<Command | CommandGroup>;
}

/** Every command of tilld. Each is imported only when it is the one to run. */
export const COMMANDS: Readonly<Record<string, Listed>> = {
  run: { summary: 'Run the box', load: async () => (await import('./run.ts')).run },
  launch: {
    summary: 'Run the current firmware release, or this tilld, and fall back from one that fails',
    load: async () => (await import('./launch.ts')).launch,
  },
  simulate: {
    summary: 'Run a virtual box with its own backend, broker and panel',
    load: async () => (await import('./simulate.ts')).simulate,
  },
  refserver: { summary: 'Run the reference backend alone', load: async () => (await import('./refserver.ts')).refserver },
  status: { summary: 'Show how a running box is doing', load: async () => (await import('./status.ts')).status },
  sell: { summary: 'Start a sale on a running box', load: async () => (await import('./sell.ts')).sell },
  cancel: { summary: 'Cancel the sale in progress', load: async () => (await import('./cancel.ts')).cancel },
  ticket: { summary: 'Print the ticket of a sale, or a copy of it', load: async () => (await import('./ticket.ts')).ticket },
  ledger: { summary: 'List the journal of a running box', load: async () => (await import('./ledger.ts')).ledger },
  counters: { summary: 'Print the close-of-day table', load: async () => (await import('./counters.ts')).counters },
  queue: { summary: 'Show what waits to be sent to the backend', load: async () => (await import('./queue.ts')).queue },
  output: {
    summary: 'Free the output of a box once a person has seen to the machine',
    load: async () => (await import('./output.ts')).output,
  },
  pair: { summary: 'Ask the backend for a new pairing PIN', load: async () => (await import('./pair.ts')).pair },
  qr: { summary: 'Check or render a payment QR', load: async () => (await import('./qr.ts')).qr },
  say: { summary: 'Say an amount aloud, or into a WAV file', load: async () => (await import('./say.ts')).say },
  voice: { summary: 'Check a voice pack', load: async () => (await import('./voice.ts')).voice },
  board: {
    summary: 'Check a board file, print its schema, or switch the outputs off',
    load: async () => (await import('./board.ts')).board,
  },
  config: { summary: 'Check a configuration file, or print its schema', load: async () => (await import('./config.ts')).config },
  provision: {
    summary: 'Apply tilld.json of the boot partition once, and wipe it',
    load: async () => (await import('./provision.ts')).provision,
  },
  doctor: { summary: 'Examine a box, and say how to mend what is wrong', load: async () => (await import('./doctor.ts')).doctor },
  scope: { summary: 'Watch the pulses on one input, live', load: async () => (await import('./scope.ts')).scope },
  posparam: {
    summary: 'Check the parameters of a DS50 box, or print a template',
    load: async () => (await import('./posparam.ts')).posparam,
  },
  ota: { summary: 'Make, check and install update packages', load: async () => (await import('./ota.ts')).ota },
};
