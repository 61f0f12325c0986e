// What a test run may leave behind on the machine: network namespaces, files in the temporary folder, processes. Taken
// before and compared after. Processes are known by a variable that they inherit, so that other runs' are not blamed on this one; those
// that write over their environment (PostgreSQL's titles do) by working in a folder of ours.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';

export const runVariable = 'IRIS_TEST_RUN';

const list = (folder) => (existsSync(folder) ? readdirSync(folder) : []);

const readProcess = (pid, file) => readFileSync(`/proc/${pid}/${file}`, 'latin1');

function isOf(run, pid) {
  try {
    if (readProcess(pid, 'environ').split('\0').includes(`${runVariable}=${run}`)) return true;
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(`${tmpdir()}/iris-`);
  } catch {
    // Gone meanwhile, or of the kernel.
    return false;
  }
}

function processesOf(run) {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && isOf(run, name))
    .map((pid) => `${pid} ${readProcess(pid, 'cmdline').replaceAll('\0', ' ').trim()}`);
}

export const takeStock = () => ({ namespaces: list('/run/netns'), temporaryFiles: list(tmpdir()) });

/** Lines that name what is here now and was not in `before`; empty when the run was clean. */
export function leftoversSince(before, run) {
  const now = takeStock();
  const added = (key) => now[key].filter((name) => !before[key].includes(name));
  return [
    ...added('namespaces').map((name) => `namespace ${name}`),
    ...added('temporaryFiles').map((name) => `file ${tmpdir()}/${name}`),
    ...processesOf(run).map((text) => `process ${text}`),
  ];
}
