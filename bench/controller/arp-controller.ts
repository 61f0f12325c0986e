/**
 * What Iris answers ARP with, without the rest of Iris: the real controller and the real path of a packet through the network
 * driver, on one segment with a registry. In place of each node's database, a switch tells its ports itself, and all are the
 * segment's.
 */
import { entriesOf, toRegistry } from '../../src/domain/registry/registry.js';
import type { RegistryEntry } from '../../src/domain/registry/registry-entry.js';
import { defaultLimits } from '../../src/domain/registry/registry-limits.js';
import type { PlacedVi } from '../../src/domain/vi/placed-vi.js';
import { createPacketHandler, type PuntingNode } from '../../src/drivers/network/ovs/packet-handler.js';
import { toMetadata } from '../../src/drivers/network/plan/pipeline.js';
import type { SegmentNode } from '../../src/drivers/network/plan/topology.js';
import type { Segment } from '../../src/drivers/network/segments.js';
import { systemClock } from '../../src/lib/clock.js';
import { createLog } from '../../src/lib/log.js';
import { createController } from '../../src/openflow/controller.js';
import { describeAddress, type ListenAddress } from '../../src/openflow/listen-address.js';
import type { SwitchSession } from '../../src/openflow/switch-session.js';
import type { PacketIn } from '../../src/wire/openflow/packet-in.js';
import { textOfTarget, viNumber } from './scenery.js';

export interface ArpControllerOptions {
  listen: ListenAddress;
  /** In the registry. */
  entries: number;
  /** Addresses that are among them whatever their number. */
  known: readonly string[];
}

const vi: PlacedVi = {
  connectionId: 'bench',
  version: 0,
  tenant: 'bench',
  viNumber,
  segment: { key: 1, encapsulation: 'gre' },
  ...{ vms: [], externalPorts: [], peers: [], hosts: [] },
};

/** More than any load here has; what a VI may learn by default is less. */
const mostAskers = 1_000_000;

/** Somewhere else than any asker, whose questions would otherwise not be answered. */
function listEntries(count: number, known: readonly string[]): RegistryEntry[] {
  const listed = new Map<string, string>();
  for (let index = 0; index < count; index++) {
    const { mac, ip } = textOfTarget(index);
    listed.set(mac, known[index] ?? ip);
  }
  return [...listed].map(([mac, ip], index) => ({
    ...{ vlan: 0, mac, ips: [ip] },
    place: { kind: 'port', node: 'elsewhere', portName: `vm${index}` },
    learntFrom: 'listed',
    learntAt: systemClock.now(),
  }));
}

function toNode(session: SwitchSession): PuntingNode & { segmentNode: SegmentNode } {
  const node = session.datapathId;
  const ports = new Map([...session.ports.values()].map(({ name, port_no }) => [name, port_no]));
  const names = new Map([...ports].map(([name, number]) => [number, name]));
  return {
    node,
    ports: () => ports,
    portName: (number) => names.get(number) ?? `port${number}`,
    session: () => session,
    answerer: () => 'controller',
    segmentNode: { node, vmPorts: [...ports.keys()], externalPorts: [], nodeTunnels: [], gatewayTunnels: [] },
  };
}

const metadata = toMetadata(viNumber, 'local');
const metadataOfSegment = { metadataHigh: Number(metadata >> 32n), metadataLow: Number(metadata & 0xffff_ffffn) };

/** Switches of others do not have our pipeline, and say nothing of segments. */
const inSegment = (packet: PacketIn): PacketIn =>
  packet.metadataHigh === 0 && packet.metadataLow === 0 ? { ...packet, ...metadataOfSegment } : packet;

export async function startArpController({ listen, entries, known }: ArpControllerOptions) {
  const log = createLog({ name: 'bench', level: 'warn' });
  const limits = { ...defaultLimits, macsPerSegment: mostAskers, macsPerLan: mostAskers };
  const registry = toRegistry(listEntries(Math.max(entries, known.length), known), { limits });
  const topologyNodes = new Map<string, SegmentNode>();
  const segment: Segment = {
    vi,
    topology: { site: 'bench', gateway: undefined, nodes: topologyNodes, mtu: 1500 },
    registry,
  };
  const nodes = new Map<string, PuntingNode>();
  const handlers = new Map<SwitchSession, (packet: PacketIn) => void>();
  const handlerFor = createPacketHandler({
    segments: { byNumber: (number) => (number === viNumber ? segment : undefined) },
    nodes,
    clock: systemClock,
    log,
    onLearnt: () => {},
    onTouched: () => {},
    onRefused: () => {},
  });
  const controller = createController({
    listen: [listen],
    log,
    events: {
      sessionUp(session) {
        const node = toNode(session);
        topologyNodes.set(node.node, node.segmentNode);
        nodes.set(node.node, node);
        handlers.set(session, handlerFor(session, node));
      },
      sessionDown: (session) => void handlers.delete(session),
      packetIn: (session, packet) => handlers.get(session)?.(inSegment(packet)),
      portStatus() {},
      flowRemoved() {},
      unsolicitedError() {},
    },
  });
  await controller.start();
  const address = controller.addresses()[0]!;
  return {
    address: describeAddress(address),
    port: address.kind === 'tcp' ? address.port : 0,
    counts: () => ({
      learnt: registry.learntCount,
      entries: entriesOf(registry).length,
      up: controller.sessions().length,
    }),
    stop: controller.stop,
  };
}
