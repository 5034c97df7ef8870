#!/usr/bin/env node
'use strict';
const path = require('node:path');
const { run, root } = require('./pinned.cjs');

run([path.join(root, 'src', 'main.ts'), ...process.argv.slice(2)]);
