/** A program of its own for the tests: raises a machine with a hypervisor, says which run it is, and waits to be killed. */
import { startHypervisor } from '../../../src/testbed/hypervisor.js';
import { startMachine } from '../../../src/testbed/machine.js';
import { createRun, keepRun } from '../../../src/testbed/run-directory.js';

const run = createRun();
const machine = await startMachine(run, 'm1');
await startHypervisor(machine);
if (process.argv.includes('--keep')) keepRun(run);
process.stdout.write(`${run.id}\n`);
setInterval(() => {}, 60_000);
