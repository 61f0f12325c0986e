/** ARP, RARP and neighbour discovery as bytes ↔ what they say of who is where. */
import type { MacAddress, VlanId } from '../../../domain/vi/criteria.js';
import { fromIpv4Number, fromMacNumber, toMacNumber } from '../../../lib/address-number.js';
import { toView } from '../../../wire/binary/chunk.js';
import { type ArpPacket, buildArp, parseArp } from '../../../wire/ethernet/arp.js';
import { readArpRequest, readDestination, toArpReply } from '../../../wire/ethernet/arp-in-place.js';
import { buildEthernet, type EthernetFrame, etherType, parseEthernet } from '../../../wire/ethernet/ethernet-frame.js';
import { broadcastMac } from '../../../wire/ethernet/mac-address.js';
import { buildNeighbourDiscovery, parseNeighbourDiscovery } from '../../../wire/ethernet/neighbour-discovery.js';
import type { WhereaboutsFrame } from '../plan/packet-decision.js';

export interface ReadWhereabouts {
  frame: WhereaboutsFrame;
  /** The answer to the question that it asks, with its tags; valid until the next is made. Undefined: it asks nothing. */
  toAnswer?: (owner: MacAddress) => Buffer;
}

type Parsed = EthernetFrame & { payload: Buffer };

const unknownIpv4 = '0.0.0.0';
const unknownIpv6 = '::';
const allNodes = { ip: 'ff02::1', mac: '33:33:00:00:00:01' };

/** A priority tag (VLAN 0) makes no VLAN. */
const vlanOf = ({ tags }: EthernetFrame): VlanId => tags[0]?.vid ?? 0;

type ArpAddresses = Pick<ArpPacket, 'senderMac' | 'senderIp' | 'targetIp'>;

/** Without spreads: it is done for everybody who is learnt. */
function toArpFrame(
  vlan: VlanId,
  destination: MacAddress,
  { senderMac, senderIp, targetIp }: ArpAddresses,
  isQuestion: boolean,
): WhereaboutsFrame {
  const isProbe = senderIp === unknownIpv4;
  const announces = senderIp === targetIp && !isProbe;
  const from = announces ? 'gratuitousArp' : 'arp';
  const sender = isProbe ? { mac: senderMac } : { mac: senderMac, ip: senderIp };
  return isQuestion
    ? { vlan, destination, sender, from, announces, target: targetIp }
    : { vlan, destination, sender, from, announces };
}

/** Most frames: the request and its answer where they lie, in a fraction of the time. Undefined: it is none, or has more tags. */
function readArpQuestion(bytes: Buffer): ReadWhereabouts | undefined {
  const view = toView(bytes);
  const request = readArpRequest(view, 0, bytes.length);
  if (request === undefined) return undefined;
  const { vlan, macHigh, macLow, ip, targetIp } = request;
  const addresses = {
    senderMac: fromMacNumber({ high: macHigh, low: macLow }),
    senderIp: fromIpv4Number(ip),
    targetIp: fromIpv4Number(targetIp),
  };
  return {
    frame: toArpFrame(vlan, fromMacNumber(readDestination(view, 0)), addresses, true),
    toAnswer(owner) {
      const { high, low } = toMacNumber(owner);
      return toArpReply(view, 0, request, { macHigh: high, macLow: low });
    },
  };
}

function readArp(ethernet: Parsed): ReadWhereabouts {
  const packet = parseArp(ethernet.payload);
  const { operation, senderMac, senderIp, targetIp } = packet;
  const isQuestion = operation === 'request';
  const frame = toArpFrame(vlanOf(ethernet), ethernet.destination, packet, isQuestion);
  if (!isQuestion) return { frame };
  return {
    frame,
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
  const question = readArpQuestion(bytes);
  if (question !== undefined) return question;
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
