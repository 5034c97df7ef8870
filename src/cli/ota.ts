import type { CommandGroup } from './command.ts';
import { install } from './ota-install.ts';
import { keygen } from './ota-keygen.ts';
import { pack } from './ota-pack.ts';
import { rollback } from './ota-rollback.ts';
import { status } from './ota-status.ts';
import { tree } from './ota-tree.ts';
import { verify } from './ota-verify.ts';

/** `tilld ota …` */
export const ota: CommandGroup = {
  name: 'ota',
  summary: 'Make, check and install update packages',
  commands: [keygen, tree, pack, verify, install, status, rollback],
};
