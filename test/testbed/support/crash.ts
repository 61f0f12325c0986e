/** What ends at once on a machine: a daemon that crashes, a VM that is killed, or all of it, as when the power goes. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Hypervisor, startLibvirtd } from '../../../src/testbed/hypervisor.js';
import { type Machine, startDatabase, startSwitch } from '../../../src/testbed/machine.js';
import { identifyProcess, isAlive } from '../../../src/testbed/process-identity.js';
import { endProcesses, recordedProcesses } from '../../../src/testbed/run-processes.js';

export async function crash(machine: Machine, program: string): Promise<void> {
  const found = recordedProcesses(machine.run)
    .filter(({ what }) => what === `${machine.name}-${program}`)
    .filter(isAlive);
  assert.equal(found.length, 1, `${program} of ${machine.name} runs`);
  for (const { pid } of found) process.kill(pid, 'SIGKILL');
  await endProcesses(found);
}

const runFolder = ({ machine }: Hypervisor): string => join(machine.directory, 'libvirt/run');

/** Kills the QEMU of each domain that runs and whose name `isVictim`; returns how many. */
export async function killGuests(hypervisor: Hypervisor, isVictim: (domainName: string) => boolean): Promise<number> {
  const folder = join(runFolder(hypervisor), 'qemu');
  const names = readdirSync(folder).filter((name) => name.endsWith('.pid') && isVictim(name.slice(0, -'.pid'.length)));
  const guests = names.flatMap((name) => identifyProcess(Number(readFileSync(join(folder, name), 'utf8'))) ?? []);
  for (const { pid } of guests) process.kill(pid, 'SIGKILL');
  await endProcesses(guests);
  return guests.length;
}

const daemons = ['libvirtd', 'ovs-vswitchd', 'ovsdb-server'];

/** The power goes: nothing runs any more, and what a reboot forgets is gone. Disks and databases stay. */
export async function powerOff(hypervisor: Hypervisor): Promise<void> {
  const { machine } = hypervisor;
  for (const daemon of daemons) await crash(machine, daemon);
  await killGuests(hypervisor, () => true);
  const folder = runFolder(hypervisor);
  if (existsSync(folder)) for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

const isServing = ({ run, name }: Machine, program: string): boolean =>
  recordedProcesses(run).some((found) => found.what === `${name}-${program}` && isAlive(found));

/** Starts again what a test that ended half way has left crashed. */
export async function revive(machine: Machine, hypervisor?: Hypervisor): Promise<void> {
  if (!isServing(machine, 'ovsdb-server')) await startDatabase(machine);
  if (!isServing(machine, 'ovs-vswitchd')) await startSwitch(machine);
  if (hypervisor !== undefined && !isServing(machine, 'libvirtd')) await startLibvirtd(hypervisor);
}

export async function powerOn(hypervisor: Hypervisor): Promise<void> {
  await revive(hypervisor.machine, hypervisor);
}
