// A box as its own process, like `tilld run`, that dies at the commit named in TILLD_KILL_AT (none without it).
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { runBox } from '../../runtime/run-box.ts';
import { dyingStore, parseKillPoint } from './dying-store.ts';

const [, , configFile = '', stateDir = ''] = process.argv;
const point = parseKillPoint(process.env.TILLD_KILL_AT);

const running = await runBox({
  restart: () => process.exit(75),
  configFile,
  stateDir,
  wrapStore: (store) => dyingStore(store, point, (commits) => process.send?.({ commits })),
  // What the relay did in the world outside: a file survives the process as a drawn cup of coffee does.
  onOutput: (line) => appendFileSync(join(stateDir, 'driven.txt'), `${line}\n`),
});
process.send?.({ url: running.url });
