'use strict';
// Runs a script with the Node that package.json pins, installing the packages first when they are missing or stale.
// Plain CommonJS for Node 18 and later: it is what a newcomer's own Node starts.
const { spawn, spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const modules = path.join(root, 'node_modules');
const stamp = path.join(modules, '.tilld-lock-sha256');

function install() {
  const wanted = createHash('sha256')
    .update(fs.readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) return;
  if (process.stderr.isTTY) process.stderr.write('tilld: installing packages, this happens once …\n');
  // npm_execpath is the npm that runs us; without it, whatever `npm` is on the PATH.
  const npm = process.env.npm_execpath;
  const [command, first] = npm && /\.c?js$/.test(npm) ? [process.execPath, [npm]] : ['npm', []];
  const result = spawnSync(command, [...first, 'ci', '--loglevel=error', '--no-audit', '--no-fund', '--no-progress'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) {
    process.stderr.write(
      'tilld: npm ci failed; the lines above say why. Check the network and the npm registry setting, then try again.\n',
    );
    process.exit(1);
  }
  fs.writeFileSync(stamp, wanted);
}

function pinnedNode() {
  const pinned = path.join(modules, '.bin', 'node');
  if (fs.existsSync(pinned)) return pinned;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= 15)) return process.execPath;
  process.stderr.write(
    `tilld: there is no packaged Node for ${process.platform}-${process.arch} and this one is ${process.version}. Install Node 24.15 or later.\n`,
  );
  process.exit(1);
}

/** Runs the pinned Node with these arguments and ends as it ends. */
function run(args) {
  install();
  const child = spawn(pinnedNode(), args, { stdio: 'inherit' });
  // A terminal sends Ctrl-C to the whole group; a service manager signals only this process. Either way the child decides when to end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  child.on('exit', (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 1)));
}

module.exports = { run, root };
if (require.main === module) run(process.argv.slice(2));
