/**
 * Finds out by running a guest whether a node has KVM: the device's presence proves nothing. One VM with KVM, and if that
 * does not reach its end one without, so that a node which starts nothing at all is not taken for one without KVM.
 */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { Accelerator } from '../../../domain/ports/compute-driver.js';
import { withTemporaryFolder } from '../../../lib/temporary-folder.js';
import { domainNamePrefix } from '../domain-name.js';
import { toProbeElement } from './domain-mark.js';
import { readDomain } from './node-domains.js';
import { createProbeDisk } from './probe-guest.js';
import type { Virsh } from './virsh.js';
import { createVolumes, deleteVolumes, ensurePool, type PoolTarget, uploadVolume } from './volume-pool.js';
import { element, toXml, type XmlElement } from './xml-element.js';

const probePrefix = `${domainNamePrefix}probe-`;
/** Of a volume's name: domains say it in their metadata. */
export const isProbeVolume = (name: string): boolean => name.startsWith(probePrefix);

const toVolume = (domainName: string): string => `${domainName}.img`;

const deadlineMs = 10_000;
const pollMs = 100;

const machines: Record<Accelerator, { type: string; cpuMode: string }> = {
  kvm: { type: 'kvm', cpuMode: 'host-passthrough' },
  tcg: { type: 'qemu', cpuMode: 'maximum' },
};

const toProbeDomain = (target: PoolTarget, name: string, accelerator: Accelerator): XmlElement =>
  element(
    'domain',
    { type: machines[accelerator].type },
    element('name', {}, name),
    element('title', {}, 'Iris tries whether this node runs VMs'),
    element('metadata', {}, toProbeElement(target.instance)),
    element('memory', { unit: 'MiB' }, '32'),
    element('vcpu', {}, '1'),
    element('os', {}, element('type', { arch: 'x86_64', machine: 'q35' }, 'hvm')),
    element('features', {}, element('acpi'), element('apic')),
    element('cpu', { mode: machines[accelerator].cpuMode, check: 'none' }),
    element('on_poweroff', {}, 'destroy'),
    element('on_reboot', {}, 'destroy'),
    element('on_crash', {}, 'destroy'),
    element(
      'devices',
      {},
      element(
        'disk',
        { type: 'file', device: 'disk' },
        element('driver', { name: 'qemu', type: 'raw' }),
        element('source', { file: `${target.folder}/${toVolume(name)}` }),
        element('target', { dev: 'vda', bus: 'virtio' }),
        element('readonly'),
      ),
      element('controller', { type: 'usb', model: 'none' }),
      element('memballoon', { model: 'none' }),
    ),
  );

export async function probeAccelerator(virsh: Virsh, target: PoolTarget): Promise<Accelerator> {
  const name = `${probePrefix}${randomUUID().slice(0, 8)}`;
  const volume = toVolume(name);
  const disk = createProbeDisk();
  await ensurePool(virsh, target);
  try {
    await createVolumes(virsh, target, [{ name: volume, format: 'raw', capacityBytes: disk.length }]);
    return await withTemporaryFolder(async (folder) => {
      const file = join(folder, 'disk');
      await writeFile(file, disk);
      await uploadVolume(virsh, target, volume, file);
      const complaints: string[] = [];
      for (const accelerator of ['kvm', 'tcg'] as const) {
        const definition = join(folder, `${accelerator}.xml`);
        await writeFile(definition, toXml(toProbeDomain(target, name, accelerator)));
        const { ended, complaint } = await runToItsEnd(virsh, target, name, definition);
        if (ended) return accelerator;
        complaints.push(`${accelerator}: ${complaint}`);
      }
      throw new DriverError('permanent', target.node, `runs no VM: ${complaints.join('; ')}`);
    });
  } finally {
    await deleteVolumes(virsh, target, [volume]);
  }
}

async function runToItsEnd(
  virsh: Virsh,
  target: PoolTarget,
  name: string,
  definition: string,
): Promise<{ ended: boolean; complaint: string }> {
  try {
    const { complaint } = await virsh.ask(target, [
      ['define', definition],
      ['start', name],
    ]);
    const giveUpAt = performance.now() + deadlineMs;
    for (;;) {
      const domain = await readDomain(virsh, target, name);
      if (domain?.shutDownByGuest === true) return { ended: true, complaint };
      if (domain?.state !== 'running') return { ended: false, complaint };
      if (performance.now() > giveUpAt) return { ended: false, complaint: 'started, but executes nothing' };
      await sleep(pollMs);
    }
  } finally {
    await virsh.ask(target, [
      ['destroy', name],
      ['undefine', name],
    ]);
  }
}
