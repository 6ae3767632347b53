'use strict';
// Installs what the lock file names when it is not there yet, so that `npm run demo` and `npm test` are
// the first commands of a fresh clone. Plain old JavaScript: it runs on whatever Node the machine has.
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const stamp = join(root, 'node_modules', '.installed-from-lock');
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : installedByHand() ? lock : '';

if (installed !== lock) {
  console.error('Installing the packages of package-lock.json (npm ci) …');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const run = npm
    ? spawnSync(process.execPath, [npm].concat(args), { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (run.status !== 0) {
    console.error('npm ci failed; its own message is above. Nothing was started.');
    process.exit(run.status || 1);
  }
  writeFileSync(stamp, lock);
}

// npm keeps its own record of what it installed; one that is newer than the lock file was made from it.
function installedByHand() {
  const record = join(root, 'node_modules', '.package-lock.json');
  return existsSync(record) && statSync(record).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

// With this `npx kintsugi` runs the clone's own file. Without it npx installs the clone into a cache of its own first, and on an
// older Node prints warnings about the version that does not run it anyway.
const command = join(root, 'node_modules', '.bin', 'kintsugi');
if (!existsSync(command)) {
  try {
    symlinkSync(join('..', '..', 'bin', 'kintsugi.cjs'), command);
  } catch {
    // Another start of the same moment made it, or links are not allowed here: npx then takes its longer way.
  }
}
