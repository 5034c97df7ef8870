import { command, UsageFault } from './command.ts';

/** `tilld provision`: makes a freshly written card somebody's box. The image starts it before the box, with / and the boot partition writable. */
export const provision = command({
  name: 'provision',
  summary: 'Apply tilld.json of the boot partition once, and wipe it',
  usage: '',
  options: {
    boot: { type: 'string', value: 'DIR', help: 'Where the boot partition is mounted (required)' },
    root: { type: 'string', value: 'DIR', help: 'The system to set up', default: '/' },
  },
  examples: ['tilld provision --boot /boot/firmware'],
  async run({ values, show }) {
    if (values.boot === undefined) throw new UsageFault('--boot is missing', { expected: '--boot DIR' });
    const { provision: apply } = await import('../runtime/provisioning/provision.ts');
    const applied = apply({ boot: values.boot, root: values.root });
    show({ ok: true, applied }, () =>
      applied === null ? 'There is no tilld.json: nothing to do.' : ['Applied:', ...applied].join('\n  '),
    );
    return 0;
  },
});
