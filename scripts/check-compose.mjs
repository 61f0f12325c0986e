// Checks docker-compose.yml with `docker-compose config`, which needs no Docker engine.
import { spawnSync } from 'node:child_process';
import { root } from './prepare.mjs';
import { checkPackages, installMissing } from './system-packages.mjs';

installMissing((line) => console.log(line), checkPackages);
const result = spawnSync('docker-compose', ['config', '--quiet'], { cwd: root, stdio: 'inherit' });
if (result.error !== undefined) console.error(`check-compose: ${result.error.message}`);
process.exitCode = result.status ?? 1;
