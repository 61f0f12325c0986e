/**
 * Two compute nodes of the testbed with their own Open vSwitch and libvirt, whose VMs boot nothing: they cost little. Looked at with virsh,
 * ovs-vsctl and ovs-ofctl. Needs root.
 */

import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { runCommand } from '../../lib/run-command.js';
import { virsh } from '../hypervisor.js';
import { type EmulatedNode, raiseSite } from '../inter-cloud.js';
import { ofctl, vsctl } from '../machine.js';
import { createRun, runPath } from '../run-directory.js';
import { takeDown } from '../teardown.js';
import { nodeCapacity, type SoakNodes } from './nodes.js';

const bridge = 'br-iris';

const sitePlan = {
  name: 'soak',
  nodes: [
    { name: 'n1', underlay: '10.3.0.11', compute: true },
    { name: 'n2', underlay: '10.3.0.12', compute: true },
  ],
};

const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

/** `<iris:vm xmlns:iris="urn:iris:domain:1" … connection="…" … vm="…">` in a domain's metadata. */
const attributeOf = (xml: string, name: string): string | undefined =>
  new RegExp(`<iris:vm [^>]*\\b${name}=["']([^"']+)["']`).exec(xml)?.[1];

async function lookAtDomains({ name: node, hypervisor }: EmulatedNode): Promise<string[]> {
  const names = lines((await virsh(hypervisor!, 'list', '--all', '--name')).stdout);
  const seen = await Promise.all(
    names.map(async (name) => {
      const { stdout: xml } = await virsh(hypervisor!, 'dumpxml', name);
      const connection = attributeOf(xml, 'connection');
      if (connection === undefined) return [];
      const { stdout: state } = await virsh(hypervisor!, 'domstate', name);
      return [`${node} ${connection} ${attributeOf(xml, 'vm')} ${state.trim()}`];
    }),
  );
  return seen.flat();
}

/** Below the folder: each site instance has one of its own in it. */
const filesIn = (folder: string, suffix: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix))
    .map((name) => basename(name, suffix));

const lookAtDisks = ({ name: node, hypervisor }: EmulatedNode): string[] =>
  filesIn(hypervisor!.diskDirectory, '.qcow2').map(
    (name) => `${node} ${name.split('_').map(decodeURIComponent).join(' ')}`,
  );

/** The low half of a cookie is the number of the VI. */
async function lookAtNetworks(
  { name: node, machine }: EmulatedNode,
  connectionOf: ReadonlyMap<number, string>,
): Promise<string[]> {
  const [{ stdout: ports }, { stdout: flows }] = await Promise.all([
    vsctl(machine, '--format=csv', '--no-headings', '--columns=external_ids', 'list', 'Port'),
    ofctl(machine, 'dump-flows', bridge, '--no-stats'),
  ]);
  const ofPorts = new Set([...ports.matchAll(/iris-vi="*([0-9a-f-]+)/g)].map(([, id]) => id!));
  const numbers = [...flows.matchAll(/cookie=0x([0-9a-f]+)/g)].map(([, cookie]) =>
    Number(BigInt(`0x${cookie}`) & 0xffffffffn),
  );
  const ofFlows = new Set(
    numbers.filter((number) => number > 0).map((number) => connectionOf.get(number) ?? `VI number ${number}`),
  );
  return [...new Set([...ofPorts, ...ofFlows])].map((id) => {
    if (!ofPorts.has(id)) return `${node} ${id} (flows without a port)`;
    return ofFlows.has(id) ? `${node} ${id}` : `${node} ${id} (ports without flows)`;
  });
}

export async function raiseRealNodes(readViNumbers: () => Promise<ReadonlyMap<number, string>>): Promise<SoakNodes> {
  const run = createRun();
  try {
    const { nodes } = await raiseSite(run, sitePlan);
    const image = runPath(run, 'blank.qcow2');
    await runCommand('qemu-img', ['create', '-f', 'qcow2', image, '1M']);
    return {
      siteFileOf: (process) => ({
        bridge,
        nodes: nodes.map(({ name, machine, hypervisor, underlay }, index) => ({
          name,
          compute: { uri: hypervisor!.uri, ...nodeCapacity, diskDirectory: hypervisor!.diskDirectory },
          network: {
            ovsdb: machine.ovsdb,
            datapathId: `${index + 1}`.padStart(16, '0'),
            controller: `unix:${machine.switchDirectory}/${process}.ctl`,
            underlay,
            datapathType: 'netdev',
          },
        })),
        images: [{ name: 'small', kind: 'qcow2', file: image }],
      }),
      async look() {
        const connectionOf = await readViNumbers();
        const [domains, networks] = await Promise.all([
          Promise.all(nodes.map(lookAtDomains)),
          Promise.all(nodes.map((node) => lookAtNetworks(node, connectionOf))),
        ]);
        return { domains: domains.flat(), disks: nodes.flatMap(lookAtDisks), networks: networks.flat() };
      },
      close: () => takeDown(run),
    };
  } catch (error) {
    await takeDown(run);
    throw error;
  }
}
