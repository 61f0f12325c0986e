/** What is done with an ARP, RARP or neighbour discovery frame that a switch handed up, and what it teaches the segment's registry. */

import {
  findAnswer,
  findEntry,
  findOrdinaryAnswer,
  type Ipv4Answer,
  type Learning,
  learn,
  placeIdOf,
} from '../../../domain/registry/registry.js';
import type { Place, RegistryEntry } from '../../../domain/registry/registry-entry.js';
import { isGroupMac } from '../../../domain/vi/addresses.js';
import type { IpAddress, MacAddress, VlanId } from '../../../domain/vi/criteria.js';
import type { ArpRequest } from '../../../wire/ethernet/arp-in-place.js';
import type { Segment } from '../segments.js';
import type { Side } from './pipeline.js';
import type { SegmentNode } from './topology.js';
import { deriveFlood, deriveUnicast, noOutputs, type Outputs } from './ways.js';

/** Where a frame came in. */
export interface Ingress {
  readonly at: SegmentNode;
  readonly portName: string;
  readonly side: Side;
  /** Where its sender is, then, and the number that the segment's registry has for it. */
  readonly place: Place;
  readonly placeId: number;
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

function placeBehind(at: SegmentNode, portName: string, side: Side): Place | undefined {
  if (side === 'local') return { kind: 'port', node: at.node, portName };
  const behind = at.gatewayTunnels.find(({ tunnel }) => tunnel.portName === portName);
  return behind && { kind: 'site', site: behind.site };
}

/** Undefined: the port is none of the segment's (any more). */
export function toIngress({ registry }: Segment, at: SegmentNode, portName: string, side: Side): Ingress | undefined {
  const place = placeBehind(at, portName, side);
  return place && { at, portName, side, place, placeId: placeIdOf(registry, place) };
}

function deriveForward(segment: Segment, { at, side }: Ingress, frame: WhereaboutsFrame): Outputs {
  const known = isGroupMac(frame.destination) ? undefined : findEntry(segment.registry, frame.vlan, frame.destination);
  const unicast = known && deriveUnicast(segment.topology, at, side, frame.vlan, known.place);
  return unicast ?? deriveFlood(at, side, frame.vlan);
}

/** Another site's question for a third site's machine is answered by that site, which was asked as well. */
const isOurAnswer = ({ side }: Ingress, place: Place): boolean => side === 'local' || place.kind === 'port';

/**
 * The same for what most frames are, in a fraction of the time: a request that teaches nothing and has an answer.
 * Undefined: it is not that, and wants the whole decision.
 */
export function decideOrdinary(
  { registry }: Segment,
  ingress: Ingress,
  request: ArpRequest,
  atMs: number,
): Ipv4Answer | undefined {
  const answer = request.ip === 0 ? undefined : findOrdinaryAnswer(registry, request, ingress.placeId, atMs);
  return answer !== undefined && isOurAnswer(ingress, registry.places[answer.placeId]!) ? answer : undefined;
}

function learnFrom(
  segment: Segment,
  { place, placeId }: Ingress,
  { vlan, sender, from, announces }: WhereaboutsFrame,
  at: Date,
): Learning {
  return learn(segment.registry, { vlan, mac: sender.mac, ip: sender.ip, place, placeId, from, announces, at });
}

/** It was with another site until now, and is here. */
const cameFromAfar = ({ movedFrom }: Learning, place: Place): boolean =>
  movedFrom?.kind === 'site' && place.kind === 'port';

/**
 * The copy of a frame that its switch answers or sends on by itself. What it said need not have reached the other sites: the
 * sender is announced whenever it came from one.
 */
export function decideCopy(
  segment: Segment,
  ingress: Ingress,
  frame: WhereaboutsFrame,
  now: Date,
): Pick<Decision, 'learning' | 'announce'> {
  const learning = learnFrom(segment, ingress, frame, now);
  return { learning, announce: cameFromAfar(learning, ingress.place) };
}

export function decide(segment: Segment, ingress: Ingress, frame: WhereaboutsFrame, now: Date): Decision {
  const { place } = ingress;
  const { vlan, sender, announces, target } = frame;
  const learning = learnFrom(segment, ingress, frame, now);
  // Nobody speaks for an address that the VI lists for another machine.
  if (learning.refused === 'listedElsewhere' && place.kind === 'port')
    return { learning, forward: noOutputs, announce: false };
  const answer =
    target === undefined || announces
      ? undefined
      : findAnswer(segment.registry, { vlan, target, asker: sender.mac, place });
  const isOurs = answer !== undefined && isOurAnswer(ingress, answer.place);
  const isFromAfar = cameFromAfar(learning, place);
  if (isOurs) return { learning, answer, forward: noOutputs, announce: isFromAfar };
  const forward = deriveForward(segment, ingress, frame);
  return { learning, forward, announce: isFromAfar && !isGroupMac(frame.destination) };
}
