'use strict';
// Node 24 is the oldest that has everything used here (node:sqlite, erasable TypeScript, `using`).
const oldest = 24;
const major = Number(process.versions.node.split('.')[0]);
if (!(major >= oldest)) {
  console.error(
    `kintsugi needs Node ${oldest} or newer, and this is Node ${process.versions.node}. ` +
      'Start it through npm (npm run demo, npm test), which uses the Node that the lock file pins, or install a newer Node.',
  );
  process.exit(1);
}
