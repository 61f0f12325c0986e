/** A LAN: a namespace with a Linux bridge, and a cable to each machine on it. */
import { runCommand } from '../lib/run-command.js';
import { addLink, addNamespace, ipIn, type LinkEnd, type Namespace } from './network-namespace.js';
import type { Run } from './run-directory.js';

export interface EthernetSegment {
  namespace: Namespace;
}

const bridge = 'br0';

export async function addEthernetSegment(run: Run, name: string): Promise<EthernetSegment> {
  const namespace = await addNamespace(run, name);
  await ipIn(namespace, 'link', 'add', bridge, 'type', 'bridge', 'mcast_snooping', '0');
  await ipIn(namespace, 'link', 'set', bridge, 'up');
  return { namespace };
}

/** Gives a machine a NIC on this LAN; `port` names our end of the cable. */
export async function attach(segment: EthernetSegment, end: LinkEnd, port: string): Promise<LinkEnd> {
  const ours = { namespace: segment.namespace, interface: port };
  await addLink(end, ours);
  await enslave(segment, port);
  return ours;
}

/** Takes in an interface that stands in the segment's namespace already. */
export async function enslave(segment: EthernetSegment, port: string): Promise<void> {
  await ipIn(segment.namespace, 'link', 'set', port, 'master', bridge, 'up');
}

/** Delay and rate of what leaves through a port, where the kernel can; whether it could. */
export async function impairWithNetem(port: LinkEnd, delayMs: number, rateMbit: number): Promise<boolean> {
  const discipline = ['netem', 'delay', `${delayMs}ms`, 'rate', `${rateMbit}mbit`, 'limit', '10000'];
  return runCommand('tc', ['-n', port.namespace, 'qdisc', 'add', 'dev', port.interface, 'root', ...discipline]).then(
    () => true,
    () => false,
  );
}
