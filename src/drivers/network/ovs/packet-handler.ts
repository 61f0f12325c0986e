/** Packet-ins of the punt table: learnt from, answered or sent on, all in one turn of the event loop and without waiting for anybody. */
import type { RegistryEntry } from '../../../domain/registry/registry-entry.js';
import type { Clock } from '../../../lib/clock.js';
import type { Log } from '../../../lib/log.js';
import type { SwitchSession } from '../../../openflow/switch-session.js';
import type { Action } from '../../../wire/openflow/actions.js';
import type { Received } from '../../../wire/openflow/message-codec.js';
import { reservedPort } from '../../../wire/openflow/reserved-numbers.js';
import { type Decision, decide, type Ingress } from '../plan/packet-decision.js';
import { fromMetadata } from '../plan/pipeline.js';
import type { Outputs } from '../plan/topology.js';
import type { Segment, Segments } from '../segments.js';
import type { OvsNode } from './ovs-node.js';
import { type PortNumbers, toOutput, toTunnelKey } from './resolve.js';
import { type ReadWhereabouts, readWhereabouts, toAnnouncement } from './whereabouts.js';

export interface PacketHandlerOptions {
  segments: Segments;
  nodes: ReadonlyMap<string, OvsNode>;
  clock: Clock;
  log: Log;
  /** Entries are news, and the segment's flows want a change. */
  onLearnt: (segment: Segment, changes: readonly RegistryEntry[]) => void;
}

function toActions({ local, tunnels }: Outputs, key: number, ports: PortNumbers): Action[] {
  const numbers = (names: readonly string[]): number[] => names.flatMap((name) => ports.get(name) ?? []);
  const remote = numbers(tunnels).map(toOutput);
  return [...numbers(local).map(toOutput), ...(remote.length > 0 ? [toTunnelKey(key), ...remote] : [])];
}

const isWhole = (packet: Received<'packet_in'>): boolean => packet.data.length >= packet.total_len;

export function createPacketHandler({ segments, nodes, clock, log, onLearnt }: PacketHandlerOptions) {
  function ingressOf(
    node: OvsNode,
    packet: Received<'packet_in'>,
  ): { segment: Segment; ingress: Ingress; number: number } | undefined {
    const { in_port: number, metadata } = packet.match;
    if (typeof number !== 'number' || typeof metadata !== 'bigint') return undefined;
    const from = fromMetadata(metadata);
    const segment = from && segments.byNumber(from.viNumber);
    const at = segment?.topology.nodes.get(node.node);
    const portName = [...node.ports()].find(([, known]) => known === number)?.[0];
    if (from === undefined || segment === undefined || at === undefined || portName === undefined) return undefined;
    return { segment, number, ingress: { at, portName, side: from.side } };
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

  function send(
    session: SwitchSession,
    node: OvsNode,
    at: { segment: Segment; ingress: Ingress; number: number },
    decision: Decision,
    read: ReadWhereabouts,
    original: Buffer,
  ): void {
    const key = at.segment.vi.segment.key;
    const { answer, forward } = decision;
    if (answer !== undefined && read.toAnswer !== undefined) {
      const back: Action[] = at.ingress.side === 'local' ? [] : [toTunnelKey(key)];
      const actions = [...back, toOutput(reservedPort.inPort)];
      session.send({ type: 'packet_out', in_port: at.number, actions, data: read.toAnswer(answer.mac) });
      return;
    }
    const actions = toActions(forward, key, node.ports());
    if (actions.length > 0) session.send({ type: 'packet_out', in_port: at.number, actions, data: original });
  }

  return function handle(session: SwitchSession, node: OvsNode, packet: Received<'packet_in'>): void {
    const at = ingressOf(node, packet);
    if (at === undefined || !isWhole(packet)) return;
    try {
      const read = readWhereabouts(packet.data);
      if (read === undefined) return;
      const decision = decide(at.segment, at.ingress, read.frame, clock.now());
      if (decision === undefined) return;
      segments.note(at.segment.vi.connectionId, decision.learning);
      send(session, node, at, decision, read, packet.data);
      const { changes } = decision.learning;
      if (changes.length > 0) onLearnt(at.segment, changes);
      const mover = decision.announce ? changes.find((entry) => entry.mac === read.frame.sender.mac) : undefined;
      if (mover !== undefined) announce(at.segment, mover);
    } catch (error) {
      // A guest may send what it likes; what cannot be read teaches nothing and is dropped.
      log.debug({ node: node.node, err: error }, 'unreadable frame');
    }
  };
}
