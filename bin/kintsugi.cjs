#!/usr/bin/env node
// The one executable. It is plain old JavaScript on purpose: a Node that is too old must be able to
// read it, so that it can say so in a sentence instead of failing on the first TypeScript file.
'use strict';
require('./requireNode.cjs');
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

// An image carries the compiled files; a clone runs the sources as they are.
const compiled = join(__dirname, '..', 'dist', 'main.js');
const entry = existsSync(join(__dirname, '..', 'src', 'main.ts'))
  ? join(__dirname, '..', 'src', 'main.ts')
  : compiled;
import(pathToFileURL(entry).href).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
