/** ARP, RARP and neighbour discovery as bytes ↔ what they say of who is where. */
import type { MacAddress, VlanId } from '../../../domain/vi/criteria.js';
import { buildArp, parseArp } from '../../../wire/ethernet/arp.js';
import { buildEthernet, type EthernetFrame, etherType, parseEthernet } from '../../../wire/ethernet/ethernet-frame.js';
import { broadcastMac } from '../../../wire/ethernet/mac-address.js';
import { buildNeighbourDiscovery, parseNeighbourDiscovery } from '../../../wire/ethernet/neighbour-discovery.js';
import type { WhereaboutsFrame } from '../plan/packet-decision.js';

export interface ReadWhereabouts {
  frame: WhereaboutsFrame;
  /** The answer to the question that it asks, with its tags. Undefined: it asks nothing. */
  toAnswer?: (owner: MacAddress) => Buffer;
}

type Parsed = EthernetFrame & { payload: Buffer };

const unknownIpv4 = '0.0.0.0';
const unknownIpv6 = '::';
const allNodes = { ip: 'ff02::1', mac: '33:33:00:00:00:01' };

/** A priority tag (VLAN 0) makes no VLAN. */
const vlanOf = ({ tags }: EthernetFrame): VlanId => tags[0]?.vid ?? 0;

function readArp(ethernet: Parsed): ReadWhereabouts {
  const { operation, senderMac, senderIp, targetIp } = parseArp(ethernet.payload);
  const isGratuitous = senderIp === targetIp && senderIp !== unknownIpv4;
  const frame: WhereaboutsFrame = {
    vlan: vlanOf(ethernet),
    destination: ethernet.destination,
    sender: { mac: senderMac, ...(senderIp === unknownIpv4 ? {} : { ip: senderIp }) },
    from: isGratuitous ? 'gratuitousArp' : 'arp',
    announces: isGratuitous,
  };
  if (operation !== 'request') return { frame };
  return {
    frame: { ...frame, target: targetIp },
    toAnswer: (owner) =>
      buildEthernet({
        ...ethernet,
        destination: ethernet.source,
        source: owner,
        payload: buildArp({
          operation: 'reply',
          senderMac: owner,
          senderIp: targetIp,
          targetMac: senderMac,
          targetIp: senderIp,
        }),
      }),
  };
}

/** Hypervisors send it for a VM that has moved: it says where the sender is, and no address. */
function readRarp(ethernet: Parsed): ReadWhereabouts {
  const { senderMac } = parseArp(ethernet.payload);
  const { destination } = ethernet;
  return {
    frame: { vlan: vlanOf(ethernet), destination, sender: { mac: senderMac }, from: 'rarp', announces: true },
  };
}

function readNeighbourDiscovery(ethernet: Parsed): ReadWhereabouts | undefined {
  const packet = parseNeighbourDiscovery(ethernet.payload);
  if (packet === undefined) return undefined;
  const { kind, source, target, flags } = packet;
  const frame = { vlan: vlanOf(ethernet), destination: ethernet.destination, from: 'neighbourDiscovery' as const };
  if (kind === 'advertisement') {
    const sender = { mac: packet.targetLinkLayer ?? ethernet.source, ip: target };
    return { frame: { ...frame, sender, announces: !flags.solicited } };
  }
  // Duplicate address detection asks from no address (RFC 4862 §5.4.2), and is answered to everybody.
  const isProbe = source === unknownIpv6;
  const mac = packet.sourceLinkLayer ?? ethernet.source;
  return {
    frame: { ...frame, sender: { mac, ...(isProbe ? {} : { ip: source }) }, announces: false, target },
    toAnswer: (owner) =>
      buildEthernet({
        ...ethernet,
        destination: isProbe ? allNodes.mac : ethernet.source,
        source: owner,
        payload: buildNeighbourDiscovery({
          kind: 'advertisement',
          source: target,
          destination: isProbe ? allNodes.ip : source,
          target,
          flags: { router: false, solicited: !isProbe, override: true },
          targetLinkLayer: owner,
        }),
      }),
  };
}

const readers: Record<number, (ethernet: Parsed) => ReadWhereabouts | undefined> = {
  [etherType.arp]: readArp,
  [etherType.rarp]: readRarp,
  [etherType.ipv6]: readNeighbourDiscovery,
};

/** Undefined: a frame of another kind. Throws WireError for one that is broken. */
export function readWhereabouts(bytes: Buffer): ReadWhereabouts | undefined {
  const ethernet = parseEthernet(bytes);
  return readers[ethernet.etherType]?.(ethernet);
}

/** What tells other sites that a machine is here now, as its hypervisor would. */
export function toAnnouncement(mac: MacAddress, vlan: VlanId): Buffer {
  const tags = vlan === 0 ? [] : [{ tpid: etherType.vlan, vid: vlan, pcp: 0, dei: false }];
  const payload = buildArp({
    operation: 'reverse_request',
    senderMac: mac,
    senderIp: unknownIpv4,
    targetMac: mac,
    targetIp: unknownIpv4,
  });
  return buildEthernet({ destination: broadcastMac, source: mac, tags, etherType: etherType.rarp, payload });
}
