import { enableCompileCache } from 'node:module';
import { FORM, programPath } from './program-files.ts';

// Compiled code is kept from run to run: a quarter less memory and time at every start but the first. Before all other
// imports. What is built is one file, compiled before it can ask for that.
if (FORM === 'checkout') enableCompileCache(programPath('node_modules/.cache/tilld'));

// No `await` out here: the bundle is CommonJS, in which built-in modules load in half the time.
void start();

async function start(): Promise<void> {
  const [{ main }, { processHost, processIo }] = await Promise.all([import('./cli/main.ts'), import('./cli/terminal.ts')]);
  // What a command leaves behind (a host name being looked up, a coin on the virtual board) does not outlive it.
  process.exit(await main(process.argv.slice(2), processIo(), processHost()));
}
