/** What a node is, from libvirt's own account of it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Accelerator, ComputeFingerprint } from '../../../domain/ports/compute-driver.js';
import { withTemporaryFolder } from '../../../lib/temporary-folder.js';
import type { Virsh, VirshTarget } from './virsh.js';
import type { PoolTarget } from './volume-pool.js';
import { readXml } from './xml-reader.js';

const virtTypes: Record<Accelerator, string> = { kvm: 'kvm', tcg: 'qemu' };
const kibPerMib = 1024;
const bytesPerGib = 1024 ** 3;

/** A value of `Name : value`, as version, nodeinfo and nodememstats print it under LC_ALL=C. */
const readField = (text: string, name: string): string =>
  text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([key]) => key?.trim() === name)?.[1]
    ?.trim() ?? '';

export async function readFingerprint(
  virsh: Virsh,
  target: PoolTarget,
  accelerator: Accelerator,
): Promise<ComputeFingerprint> {
  const { outputs } = await virsh.ask(target, [
    ['version'],
    ['nodeinfo'],
    ['nodememstats'],
    ['pool-dumpxml', target.pool],
  ]);
  const [version, nodeInfo, memory, pool] = outputs as [string, string, string, string];
  const capacityBytes = Number((await readXml(pool)).child('capacity')?.text ?? 0);
  return {
    node: target.node,
    hypervisor: readField(version, 'Running hypervisor'),
    accelerator,
    nested: await isNested(virsh, target, accelerator),
    cpus: Number.parseInt(readField(nodeInfo, 'CPU(s)'), 10),
    memoryMiB: Math.floor(Number.parseInt(readField(memory, 'total'), 10) / kibPerMib),
    diskGiB: Math.floor(capacityBytes / bytesPerGib),
  };
}

/** Whether the processor that a guest would be given has Intel's or AMD's virtualisation extension, all features spelt out. */
async function isNested(virsh: Virsh, target: VirshTarget, accelerator: Accelerator): Promise<boolean> {
  const machine = ['--virttype', virtTypes[accelerator], '--machine', 'q35'];
  const capabilities = await virsh.must(target, ['domcapabilities', ...machine]);
  return withTemporaryFolder(async (folder) => {
    const file = join(folder, 'capabilities.xml');
    await writeFile(file, capabilities);
    const cpu = await readXml(await virsh.must(target, ['hypervisor-cpu-baseline', ...machine, '--features', file]));
    return cpu
      .children('feature')
      .some(
        (feature) =>
          feature.attribute('policy') === 'require' && ['vmx', 'svm'].includes(feature.attribute('name') ?? ''),
      );
  });
}
