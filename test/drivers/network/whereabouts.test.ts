/** What is done with each kind of frame that tells who is where, from its bytes to the decision. */
import assert from 'node:assert/strict';
import { learn, type Observation, toRegistry } from '../../../src/domain/registry/registry.js';
import type { Place } from '../../../src/domain/registry/registry-entry.js';
import { readWhereabouts, toAnnouncement } from '../../../src/drivers/network/ovs/whereabouts.js';
import {
  type Decision,
  decide,
  toIngress,
  type WhereaboutsFrame,
} from '../../../src/drivers/network/plan/packet-decision.js';
import type { Side } from '../../../src/drivers/network/plan/pipeline.js';
import { deriveTopology } from '../../../src/drivers/network/plan/topology.js';
import type { Segment } from '../../../src/drivers/network/segments.js';
import { type ArpPacket, buildArp, parseArp } from '../../../src/wire/ethernet/arp.js';
import { buildEthernet, etherType, parseEthernet } from '../../../src/wire/ethernet/ethernet-frame.js';
import {
  buildNeighbourDiscovery,
  type NeighbourDiscovery,
  parseNeighbourDiscovery,
} from '../../../src/wire/ethernet/neighbour-discovery.js';
import { toSite, toVi } from './sites.js';

const [asker, owner] = ['52:54:00:00:00:0a', '52:54:00:00:00:0b'];
const [askerIp, ownerIp] = ['10.0.0.10', '10.0.0.11'];
const broadcast = 'ff:ff:ff:ff:ff:ff';
const tag = { tpid: etherType.vlan, vid: 100, pcp: 5, dei: false };

const arp = (changes: Partial<ArpPacket> & { destination?: string; type?: number; tags?: (typeof tag)[] }): Buffer => {
  const { destination = broadcast, type = etherType.arp, tags = [], ...packet } = changes;
  const payload = buildArp({
    operation: 'request',
    senderMac: asker,
    senderIp: askerIp,
    targetMac: '00:00:00:00:00:00',
    targetIp: ownerIp,
    ...packet,
  });
  return buildEthernet({ destination, source: packet.senderMac ?? asker, tags, etherType: type, payload });
};

const neighbour = (changes: Partial<NeighbourDiscovery>): Buffer =>
  buildEthernet({
    destination: '33:33:ff:00:00:0b',
    source: asker,
    tags: [],
    etherType: etherType.ipv6,
    payload: buildNeighbourDiscovery({
      kind: 'solicitation',
      source: 'fd00::a',
      destination: 'ff02::1:ff00:b',
      target: 'fd00::b',
      flags: { router: false, solicited: false, override: false },
      ...changes,
    }),
  });

const frameOf = (bytes: Buffer): WhereaboutsFrame => readWhereabouts(bytes)!.frame;

describe('frames that tell who is where', () => {
  for (const tags of [[], [tag], [tag, { ...tag, vid: 7 }]])
    it(`reads a question with ${tags.length} tags, and answers it in the name of the owner, with them`, () => {
      const read = readWhereabouts(arp({ tags }))!;
      assert.deepEqual(read.frame, {
        vlan: tags[0]?.vid ?? 0,
        destination: broadcast,
        sender: { mac: asker, ip: askerIp },
        from: 'arp',
        announces: false,
        target: ownerIp,
      });
      const { payload, ...frame } = parseEthernet(read.toAnswer!(owner));
      assert.deepEqual(frame, { destination: asker, source: owner, tags, etherType: etherType.arp });
      const { operation, senderMac, senderIp, targetMac, targetIp } = parseArp(payload);
      assert.deepEqual(
        { operation, senderMac, senderIp, targetMac, targetIp },
        { operation: 'reply', senderMac: owner, senderIp: ownerIp, targetMac: asker, targetIp: askerIp },
      );
    });

  it('reads a question that is sent to one machine', () => {
    assert.equal(frameOf(arp({ destination: owner })).destination, owner);
  });

  it('takes gratuitous ARP, RARP and unsolicited advertisements for announcements', () => {
    assert.deepEqual(
      [
        arp({ targetIp: askerIp }),
        arp({ operation: 'reply', targetIp: askerIp }),
        toAnnouncement(asker, 100),
        neighbour({ kind: 'advertisement', target: 'fd00::a', targetLinkLayer: asker }),
      ].map((bytes) => [frameOf(bytes).announces, frameOf(bytes).from]),
      [
        [true, 'gratuitousArp'],
        [true, 'gratuitousArp'],
        [true, 'rarp'],
        [true, 'neighbourDiscovery'],
      ],
    );
    assert.equal(frameOf(toAnnouncement(asker, 100)).vlan, 100);
  });

  it('learns no address from a probe', () => {
    assert.deepEqual(frameOf(arp({ senderIp: '0.0.0.0' })).sender, { mac: asker });
    assert.deepEqual(frameOf(neighbour({ source: '::' })).sender, { mac: asker });
  });

  it('answers a neighbour solicitation', () => {
    const read = readWhereabouts(neighbour({ sourceLinkLayer: asker }))!;
    const answer = parseEthernet(read.toAnswer!(owner));
    const { flags, ...packet } = parseNeighbourDiscovery(answer.payload)!;
    assert.deepEqual(flags, { router: false, solicited: true, override: true });
    assert.deepEqual(packet, {
      kind: 'advertisement',
      source: 'fd00::b',
      destination: 'fd00::a',
      target: 'fd00::b',
      targetLinkLayer: owner,
    });
    assert.deepEqual([answer.destination, answer.source], [asker, owner]);
  });

  it('leaves other frames alone', () => {
    const other = {
      destination: broadcast,
      source: asker,
      tags: [],
      etherType: etherType.ipv4,
      payload: Buffer.alloc(46),
    };
    assert.equal(readWhereabouts(buildEthernet(other)), undefined);
  });
});

describe('decision on a punted frame', () => {
  const site = toSite({ name: 's', number: 1, computeNodes: 2, peers: [{ name: 'p', number: 2 }] });
  const vi = toVi({
    viNumber: 1,
    key: 7,
    vmNodes: ['s-n1', 's-n2', 's-n1'],
    gateway: 's-gw',
    peers: [
      { name: 'p', number: 2 },
      { name: 'q', number: 3 },
    ],
  });
  const topology = deriveTopology(vi, site);
  const placeOf = (portName: string, node: string): Place => ({ kind: 'port', node, portName });
  const local = placeOf('t1-1', 's-n1');
  const remote = placeOf('t1-2', 's-n2');
  const at = new Date(0);

  const knowing = (...entries: [mac: string, ip: string, place: Place][]): Segment => {
    const observe = ([mac, ip, place]: (typeof entries)[number]): Observation => ({
      ...{ vlan: 0, mac, ip, place, at },
      from: 'arp',
      announces: false,
    });
    const registry = toRegistry([]);
    for (const entry of entries) learn(registry, observe(entry));
    return { vi, topology, registry };
  };

  const from = (segment: Segment, node: string, portName: string, side: Side, bytes: Buffer): Decision =>
    decide(segment, toIngress(segment, topology.nodes.get(node)!, portName, side)!, frameOf(bytes), at);
  const gatewayPort = topology.nodes.get('s-gw')!.gatewayTunnels[0]!.tunnel.portName;
  const tunnelsOf = (node: string) => topology.nodes.get(node)!.nodeTunnels.map(({ tunnel }) => tunnel.portName);

  it('answers for a known target, and sends nothing on', () => {
    const decision = from(knowing([owner, ownerIp, remote]), 's-n1', 't1-1', 'local', arp({}));
    assert.equal(decision.answer?.mac, owner);
    assert.deepEqual(decision.forward, { local: [], tunnels: [] });
    assert.deepEqual(decision.learning.changes[0]!.place, local);
  });

  it('floods a question for an unknown target within the segment', () => {
    const { answer, forward } = from(knowing(), 's-n1', 't1-1', 'local', arp({}));
    assert.equal(answer, undefined);
    assert.deepEqual(forward, { local: ['t1-1', 't1-3'], tunnels: tunnelsOf('s-n1') });
  });

  it('lets the owner probe its own address', () => {
    const known = knowing([asker, ownerIp, remote]);
    assert.equal(from(known, 's-n1', 't1-1', 'local', arp({ senderIp: '0.0.0.0' })).answer, undefined);
    assert.equal(from(known, 's-n2', 't1-2', 'local', arp({ senderIp: ownerIp })).answer, undefined);
  });

  it('answers another who probes an address that is taken', () => {
    const decision = from(knowing([owner, ownerIp, remote]), 's-n1', 't1-1', 'local', arp({ senderIp: '0.0.0.0' }));
    assert.equal(decision.answer?.mac, owner);
  });

  it('never answers an announcement, though somebody else had the address', () => {
    const decision = from(knowing([owner, askerIp, remote]), 's-n1', 't1-1', 'local', arp({ targetIp: askerIp }));
    assert.equal(decision.answer, undefined);
    assert.deepEqual(decision.forward.tunnels, tunnelsOf('s-n1'));
  });

  it('does not answer for a target behind the asking port', () => {
    const decision = from(knowing([owner, ownerIp, local]), 's-n1', 't1-1', 'local', arp({}));
    assert.equal(decision.answer, undefined);
  });

  it('answers another site for its own machines only, and never floods back to the gateways', () => {
    const own = from(knowing([owner, ownerIp, remote]), 's-gw', gatewayPort, 'gateway', arp({}));
    assert.equal(own.answer?.mac, owner);
    assert.deepEqual(own.learning.changes[0]!.place, { kind: 'site', site: 'p' });
    const third = from(knowing([owner, ownerIp, { kind: 'site', site: 'q' }]), 's-gw', gatewayPort, 'gateway', arp({}));
    assert.equal(third.answer, undefined);
    assert.deepEqual(third.forward, { local: [], tunnels: tunnelsOf('s-gw') });
  });

  it('sends a reply on to the port of who asked', () => {
    const reply = arp({ operation: 'reply', destination: owner, targetIp: ownerIp, targetMac: owner });
    const decision = from(knowing([owner, ownerIp, placeOf('t1-3', 's-n1')]), 's-n1', 't1-1', 'local', reply);
    assert.deepEqual(decision.forward, { local: ['t1-3'], tunnels: [] });
  });

  it('has a machine that came from another site announced, if its own frame does not do that', () => {
    const known = knowing([asker, askerIp, { kind: 'site', site: 'p' }], [owner, ownerIp, remote]);
    assert.equal(from(known, 's-n1', 't1-1', 'local', arp({})).announce, true);
    assert.equal(from(known, 's-n1', 't1-1', 'local', toAnnouncement(asker, 0)).announce, false);
    assert.equal(from(knowing(), 's-n1', 't1-1', 'local', arp({})).announce, false);
  });
});
