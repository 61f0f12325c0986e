/**
 * What stands on the machines before Iris comes and is none of its business: another controller's bridge with flows, tunnels
 * between other addresses, and a VM of somebody else.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Hypervisor, virsh } from './hypervisor.js';
import { type Machine, ofctl, vsctl } from './machine.js';

export const foreignBridge = 'br-int';
export const foreignDomain = 'foreign-vm';

/** Addresses that nothing of ours uses (RFC 5737). */
const foreignTunnels = [
  { name: 'vxlan-foreign', type: 'vxlan', local: '198.51.100.1', remote: '198.51.100.2' },
  { name: 'gre-foreign', type: 'gre', local: '198.51.100.1', remote: '198.51.100.3' },
];

export async function addForeignBridge(machine: Machine): Promise<void> {
  await vsctl(
    machine,
    ...['add-br', foreignBridge],
    ...['--', 'set', 'Bridge', foreignBridge, 'datapath_type=netdev', 'fail_mode=secure'],
    ...[
      'protocols=OpenFlow10,OpenFlow13',
      'external_ids:owner=somebody-else',
      'other-config:datapath-id=00000000f0e1f0e1',
    ],
    ...['--', 'set-controller', foreignBridge, 'tcp:127.0.0.1:6633'],
    ...foreignTunnels.flatMap(({ name, type, local, remote }) => [
      ...['--', 'add-port', foreignBridge, name],
      ...['--', 'set', 'Interface', name, `type=${type}`, 'options:key=flow'],
      ...[`options:local_ip=${local}`, `options:remote_ip=${remote}`],
    ]),
  );
  await ofctl(machine, 'add-flow', foreignBridge, 'cookie=0xf0e1,priority=10,arp,actions=NORMAL');
  await ofctl(machine, 'add-flow', foreignBridge, 'cookie=0xf0e1,priority=5,actions=drop');
}

// Nothing to boot from, not even by the NIC: the firmware halts, so the VM runs and costs next to no CPU time.
const foreignDomainXml = `<domain type='qemu'>
  <name>${foreignDomain}</name>
  <memory unit='MiB'>16</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <interface type='bridge'>
      <source bridge='${foreignBridge}'/>
      <virtualport type='openvswitch'/>
      <mac address='52:54:00:f0:e1:01'/>
      <model type='virtio'/>
      <rom enabled='no'/>
    </interface>
    <memballoon model='none'/>
  </devices>
</domain>
`;

export async function addForeignDomain(hypervisor: Hypervisor): Promise<void> {
  const definition = join(hypervisor.machine.directory, `${foreignDomain}.xml`);
  writeFileSync(definition, foreignDomainXml);
  await virsh(hypervisor, 'define', definition);
  await virsh(hypervisor, 'start', foreignDomain);
}
