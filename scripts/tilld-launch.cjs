#!/usr/bin/env node
'use strict';
const path = require('node:path');
const { run, root } = require('./pinned.cjs');

run([path.join(root, 'src', 'launch.ts'), ...process.argv.slice(2)]);
