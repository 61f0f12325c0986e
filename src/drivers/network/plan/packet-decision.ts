/** What is done with an ARP, RARP or neighbour discovery frame that a switch handed up: pure, on what the frame says. */

import { findAnswer, findEntry, type Learning, learn } from '../../../domain/registry/registry.js';
import type { Place, RegistryEntry } from '../../../domain/registry/registry-entry.js';
import type { IpAddress, MacAddress, VlanId } from '../../../domain/vi/criteria.js';
import type { Segment } from '../segments.js';
import type { Side } from './pipeline.js';
import { deriveFlood, deriveUnicast, noOutputs, type Outputs, type SegmentNode } from './topology.js';

export interface Ingress {
  at: SegmentNode;
  portName: string;
  side: Side;
}

/** An ARP, RARP or neighbour discovery frame, as far as it tells who is where. */
export interface WhereaboutsFrame {
  vlan: VlanId;
  destination: MacAddress;
  sender: { mac: MacAddress; ip?: IpAddress };
  from: Exclude<RegistryEntry['learntFrom'], 'listed'>;
  announces: boolean;
  /** The address asked for, in a question. */
  target?: IpAddress;
}

export interface Decision {
  learning: Learning;
  /** Whose address is told to the asker, in place of forwarding. */
  answer?: RegistryEntry;
  forward: Outputs;
  /** The sender came over from another site, which this frame will not tell: announce it. */
  announce: boolean;
}

const isMulticast = (mac: MacAddress): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

function placeOf({ at, portName, side }: Ingress): Place | undefined {
  if (side === 'local') return { kind: 'port', node: at.node, portName };
  const behind = at.gatewayTunnels.find(({ tunnel }) => tunnel.portName === portName);
  return behind && { kind: 'site', site: behind.site };
}

function deriveForward(segment: Segment, { at, side }: Ingress, frame: WhereaboutsFrame): Outputs {
  const known = isMulticast(frame.destination) ? undefined : findEntry(segment.registry, frame.vlan, frame.destination);
  const unicast = known && deriveUnicast(segment.topology, at, side, frame.vlan, known.place);
  return unicast ?? deriveFlood(at, side, frame.vlan);
}

/** Undefined: the port is none of this segment's any more. */
export function decide(segment: Segment, ingress: Ingress, frame: WhereaboutsFrame, now: Date): Decision | undefined {
  const place = placeOf(ingress);
  if (place === undefined) return undefined;
  const { vlan, sender, from, announces, target } = frame;
  const learning = learn(segment.registry, {
    vlan,
    mac: sender.mac,
    ...(sender.ip === undefined ? {} : { ip: sender.ip }),
    place,
    from,
    announces,
    at: now,
  });
  const answer =
    target === undefined || announces
      ? undefined
      : findAnswer(learning.registry, { vlan, target, asker: sender.mac, place });
  // Another site's question for a third site's machine is answered by that site, which was asked as well.
  const isOurs = ingress.side === 'local' || answer?.place.kind === 'port';
  const cameFromAfar = learning.movedFrom?.kind === 'site' && place.kind === 'port';
  if (answer !== undefined && isOurs) return { learning, answer, forward: noOutputs, announce: cameFromAfar };
  const forward = deriveForward({ ...segment, registry: learning.registry }, ingress, frame);
  return { learning, forward, announce: cameFromAfar && !isMulticast(frame.destination) };
}
