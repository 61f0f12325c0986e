/**
 * Packet-ins of the sender table: learnt from and, for a switch that does not do so by itself, answered or sent on; all in one
 * turn of the event loop and without waiting for anybody.
 */
import type { RegistryEntry } from '../../../domain/registry/registry-entry.js';
import type { Clock } from '../../../lib/clock.js';
import type { Log } from '../../../lib/log.js';
import { createTurnClock } from '../../../lib/turn-clock.js';
import type { SwitchSession } from '../../../openflow/switch-session.js';
import { readArpRequest, toArpReply } from '../../../wire/ethernet/arp-in-place.js';
import type { Action } from '../../../wire/openflow/actions.js';
import type { PacketIn } from '../../../wire/openflow/packet-in.js';
import { type PacketOutHead, toPacketOutHead } from '../../../wire/openflow/packet-out-head.js';
import { reservedPort } from '../../../wire/openflow/reserved-numbers.js';
import type { Answerer } from '../plan/node-plan.js';
import { type Decision, decide, decideCopy, decideOrdinary, type Ingress, toIngress } from '../plan/packet-decision.js';
import { type Side, sideOfMetadata } from '../plan/pipeline.js';
import type { Outputs } from '../plan/ways.js';
import type { Refused } from '../refusal-counts.js';
import type { Segment, Segments } from '../segments.js';
import { type PortNumbers, toOutput, toTunnelKey } from './resolve.js';
import { type ReadWhereabouts, readWhereabouts, toAnnouncement } from './whereabouts.js';

/** A node as packets see it. */
export interface PuntingNode {
  readonly node: string;
  ports(): PortNumbers;
  portName(number: number): string | undefined;
  session(): SwitchSession | undefined;
  /** `switch`: what it hands up are copies. */
  answerer(): Answerer;
}

export interface PacketHandlerOptions {
  segments: Pick<Segments, 'byNumber'>;
  nodes: ReadonlyMap<string, PuntingNode>;
  clock: Clock;
  log: Log;
  /** Entries are news, and the segment's flows want a change. */
  onLearnt: (segment: Segment, changes: readonly RegistryEntry[]) => void;
  /** No news to others, but the entry's flows want a change: it was heard again after a while, or its place was given up. */
  onTouched: (segment: Segment, entry: RegistryEntry) => void;
  onRefused: (refused: Refused) => void;
}

function toActions({ local, tunnels }: Outputs, key: number, ports: PortNumbers): Action[] {
  const numbers = (names: readonly string[]): number[] => names.flatMap((name) => ports.get(name) ?? []);
  const remote = numbers(tunnels).map(toOutput);
  return [...numbers(local).map(toOutput), ...(remote.length > 0 ? [toTunnelKey(key), ...remote] : [])];
}

const isWhole = ({ packetStart, end, totalLength }: PacketIn): boolean => end - packetStart >= totalLength;

/** Where a packet came in. */
interface Arrival {
  segment: Segment;
  ingress: Ingress;
  /** It was derived from, and holds as long as they are the node's. */
  ports: PortNumbers;
}

/** Answers leave by the port that the question came by. */
function createAnswerHeads() {
  const local = toPacketOutHead([toOutput(reservedPort.inPort)]);
  const byKey = new Map<number, PacketOutHead>();
  return (side: Side, key: number): PacketOutHead => {
    if (side === 'local') return local;
    const head = byKey.get(key) ?? toPacketOutHead([toTunnelKey(key), toOutput(reservedPort.inPort)]);
    byKey.set(key, head);
    return head;
  };
}

export function createPacketHandler(options: PacketHandlerOptions) {
  const { segments, nodes, clock, log, onLearnt, onTouched, onRefused } = options;
  const answerHead = createAnswerHeads();
  const now = createTurnClock(clock);

  function deriveArrival(segment: Segment, node: PuntingNode, { inPort, metadataHigh }: PacketIn): Arrival | undefined {
    const side = sideOfMetadata(metadataHigh);
    const at = segment.topology.nodes.get(node.node);
    const portName = node.portName(inPort);
    if (side === undefined || at === undefined || portName === undefined) return undefined;
    const ingress = toIngress(segment, at, portName, side);
    return ingress && { segment, ingress, ports: node.ports() };
  }

  /** Derived once per segment, side and port of a switch; gone with the segment. */
  function createArrivals(node: PuntingNode) {
    const bySegment = new WeakMap<Segment, Map<number, Arrival>>();
    return (packet: PacketIn): Arrival | undefined => {
      const { inPort, metadataHigh, metadataLow } = packet;
      const segment = segments.byNumber(metadataLow);
      if (segment === undefined) return undefined;
      const key = inPort * 4 + (metadataHigh & 0b11);
      const ofSegment = bySegment.get(segment);
      const known = ofSegment?.get(key);
      if (known !== undefined && known.ports === node.ports()) return known;
      const arrival = deriveArrival(segment, node, packet);
      if (arrival === undefined) return undefined;
      if (ofSegment === undefined) bySegment.set(segment, new Map([[key, arrival]]));
      else ofSegment.set(key, arrival);
      return arrival;
    };
  }

  function announce({ topology, vi }: Segment, entry: RegistryEntry): void {
    const node = topology.gateway === undefined ? undefined : nodes.get(topology.gateway);
    const at = topology.gateway === undefined ? undefined : topology.nodes.get(topology.gateway);
    if (node === undefined || at === undefined) return;
    const tunnels = at.gatewayTunnels.map(({ tunnel }) => tunnel.portName);
    const actions = toActions({ local: [], tunnels }, vi.segment.key, node.ports());
    const data = toAnnouncement(entry.mac, entry.vlan);
    node.session()?.send({ type: 'packet_out', in_port: reservedPort.controller, actions, data });
  }

  /** False: it is no ordinary request, and wants to be looked at whole. */
  function answerOrdinary(session: SwitchSession, arrival: Arrival, packet: PacketIn): boolean {
    const { segment, ingress } = arrival;
    const { packetStart, end, inPort } = packet;
    const { view } = packet.chunk;
    const request = readArpRequest(view, packetStart, end);
    if (request === undefined) return false;
    const answer = decideOrdinary(segment, ingress, request, now().getTime());
    if (answer === undefined) return false;
    const reply = toArpReply(view, packetStart, request, answer);
    session.sendPacket(answerHead(ingress.side, segment.vi.segment.key), inPort, reply);
    return true;
  }

  function send(
    session: SwitchSession,
    node: PuntingNode,
    { segment, ingress }: Arrival,
    inPort: number,
    decision: Decision,
    read: ReadWhereabouts,
    original: Buffer,
  ): void {
    const { key } = segment.vi.segment;
    const { answer, forward } = decision;
    if (answer !== undefined && read.toAnswer !== undefined) {
      session.sendPacket(answerHead(ingress.side, key), inPort, read.toAnswer(answer.mac));
      return;
    }
    const actions = toActions(forward, key, node.ports());
    if (actions.length > 0) session.send({ type: 'packet_out', in_port: inPort, actions, data: original });
  }

  function handleWhole(session: SwitchSession, node: PuntingNode, arrival: Arrival, packet: PacketIn): void {
    const { chunk, packetStart, end, inPort } = packet;
    const original = chunk.bytes.subarray(packetStart, end);
    const read = readWhereabouts(original);
    if (read === undefined) return;
    const decision = decide(arrival.segment, arrival.ingress, read.frame, now());
    send(session, node, arrival, inPort, decision, read, original);
    tell(arrival, read, decision);
  }

  function tell(
    { segment, ingress }: Arrival,
    read: ReadWhereabouts,
    { learning, announce: isWanted }: Pick<Decision, 'learning' | 'announce'>,
  ): void {
    const { changes, confirmed, givenUp, refused: reason } = learning;
    if (reason !== undefined) {
      const { connectionId } = segment.vi;
      const { at, portName } = ingress;
      onRefused({ node: at.node, connectionId, portName, reason, ...read.frame.sender, atMs: now().getTime() });
    }
    if (changes.length > 0) onLearnt(segment, changes);
    for (const entry of [confirmed, givenUp]) if (entry !== undefined) onTouched(segment, entry);
    const mover = isWanted ? changes.find((entry) => entry.mac === read.frame.sender.mac) : undefined;
    if (mover !== undefined) announce(segment, mover);
  }

  function handleCopy(arrival: Arrival, { chunk, packetStart, end }: PacketIn): void {
    const read = readWhereabouts(chunk.bytes.subarray(packetStart, end));
    if (read === undefined) return;
    tell(arrival, read, decideCopy(arrival.segment, arrival.ingress, read.frame, now()));
  }

  /** For the packet-ins of one session. */
  return function handlerFor(session: SwitchSession, node: PuntingNode): (packet: PacketIn) => void {
    const arrivalOf = createArrivals(node);
    return (packet) => {
      const arrival = arrivalOf(packet);
      if (arrival === undefined || !isWhole(packet)) return;
      try {
        if (node.answerer() === 'switch') handleCopy(arrival, packet);
        else if (!answerOrdinary(session, arrival, packet)) handleWhole(session, node, arrival, packet);
      } catch (error) {
        // A guest may send what it likes; what cannot be read teaches nothing and is dropped.
        log.debug({ node: node.node, err: error }, 'unreadable frame');
      }
    };
  };
}
