// What a test run may leave behind on the machine: network namespaces, files in the temporary folder, processes. Taken
// before and compared after. Processes are known by a variable that they inherit, so that other runs' are not blamed on this one; those
// that write over their environment (PostgreSQL's titles do) by working in a folder of ours.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';

export const runVariable = 'IRIS_TEST_RUN';

const list = (folder) => (existsSync(folder) ? readdirSync(folder) : []);

const readProcess = (pid, file) => readFileSync(`/proc/${pid}/${file}`, 'latin1');

/** The command line of a process of this run; undefined for others'. */
function commandOf(run, pid) {
  try {
    const inherited = readProcess(pid, 'environ').split('\0').includes(`${runVariable}=${run}`);
    if (!inherited && !readlinkSync(`/proc/${pid}/cwd`).startsWith(`${tmpdir()}/iris-`)) return undefined;
    return readProcess(pid, 'cmdline').replaceAll('\0', ' ').trim();
  } catch {
    // Gone meanwhile, or of the kernel.
    return undefined;
  }
}

function processesOf(run) {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ pid, command: commandOf(run, pid) }))
    .filter(({ command }) => command !== undefined)
    .map(({ pid, command }) => `${pid} ${command}`);
}

/** What others put on the machine meanwhile is not ours to judge: everything that Iris and its tests make is named so. */
const ours = (name) => name.startsWith('iris');

export const takeStock = () => ({
  namespaces: list('/run/netns').filter(ours),
  temporaryFiles: list(tmpdir()).filter(ours),
});

function lookOnce(before, run) {
  const now = takeStock();
  const added = (key) => now[key].filter((name) => !before[key].includes(name));
  return [
    ...added('namespaces').map((name) => `namespace ${name}`),
    ...added('temporaryFiles').map((name) => `file ${tmpdir()}/${name}`),
    ...processesOf(run).map((text) => `process ${text}`),
  ];
}

const patienceMs = 60_000;
const stepMs = 250;
const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** Lines that name what is here now and was not in `before`; empty when the run was clean. What is about to end is given time to. */
export function leftoversSince(before, run) {
  for (let waitedMs = 0; ; waitedMs += stepMs) {
    const left = lookOnce(before, run);
    if (left.length === 0 || waitedMs >= patienceMs) return left;
    sleep(stepMs);
  }
}
