/** Where a port of a segment's node leads, and as what a frame comes in at the other end. Pure. */
import type { TraceOutput } from '../../../domain/ports/frame-trace.js';
import type { NodePlan } from '../plan/node-plan.js';
import type { Segment } from '../segments.js';
import type { EnteringFrame, Leaving } from './rule.js';

export interface Hop {
  node: string;
  frame: EnteringFrame;
}

export interface Onward {
  output: TraceOutput;
  /** Another switch of this site, or another port of the same one, that the frame enters next. */
  hop?: Hop;
}

export function deriveOnward(
  { vi, topology }: Segment,
  plan: NodePlan | undefined,
  { node, frame }: Hop,
  { kind, port, vlan, tunnelKey }: Leaving,
): Onward {
  const towards = (leadsTo: TraceOutput['leadsTo'], name: string, hop?: Hop): Onward => ({
    output: { port, leadsTo, name },
    ...(hop === undefined ? {} : { hop }),
  });
  const { tunnelKey: _, ...untunnelled } = frame;
  if (kind === 'controller') return towards('controller', 'iris');
  if (kind === 'back') return towards('sender', node);

  const patch = plan?.patches.find(({ portName }) => portName === port);
  if (patch !== undefined)
    return towards('service', patch.peer, { node, frame: { ...untunnelled, inPort: patch.peer, vlan } });

  const at = topology.nodes.get(node);
  const tunnel = at?.nodeTunnels.find((known) => known.tunnel.portName === port);
  if (tunnel !== undefined) {
    const back = topology.nodes.get(tunnel.node)?.nodeTunnels.find((known) => known.node === node);
    const keyed = tunnelKey === undefined ? {} : { tunnelKey };
    return towards('node', tunnel.node, {
      node: tunnel.node,
      frame: { ...untunnelled, ...keyed, inPort: back!.tunnel.portName, vlan },
    });
  }
  const site = at?.gatewayTunnels.find((known) => known.tunnel.portName === port)?.site;
  if (site !== undefined) return towards('site', site);
  const vm = vi.vms.find((known) => known.node === node && known.nics.some(({ portName }) => portName === port));
  if (vm !== undefined) return towards('vm', vm.name);
  const external = at?.externalPorts.find(({ portName }) => portName === port);
  return external === undefined ? towards('unknown', port) : towards('externalPort', external.name);
}
