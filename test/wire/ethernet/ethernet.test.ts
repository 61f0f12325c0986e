/** Frames byte by byte (those of IPv6 written by os-ken 2.5), read and built again; and everything that is cut or altered. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { buildArp, parseArp } from '../../../src/wire/ethernet/arp.js';
import { buildEthernet, etherType, parseEthernet } from '../../../src/wire/ethernet/ethernet-frame.js';
import {
  buildNeighbourDiscovery,
  parseNeighbourDiscovery,
  solicitedNode,
} from '../../../src/wire/ethernet/neighbour-discovery.js';
import { WireError } from '../../../src/wire/wire-error.js';
import { hex } from '../openflow/vectors/vector.js';

const arpRequest = hex(`
  ffffffffffff   # destination: everybody
  020000000001   # source
  0806           # ARP
  0001 0800      # Ethernet, IPv4
  06 04          # lengths of their addresses
  0001           # request
  020000000001   # sender MAC
  0a000001       # sender IP 10.0.0.1
  000000000000   # target MAC: asked for
  0a000002       # target IP 10.0.0.2
  00*18          # padding to 60 bytes
`);

const taggedRarp = hex(`
  ffffffffffff 525400000001
  88a8 6064      # service tag: priority 3, VLAN 100
  8100 b0c8      # customer tag: priority 5, drop eligible, VLAN 200
  8035           # RARP, as QEMU announces a VM that has moved
  0001 0800 06 04
  0003           # reverse request
  525400000001 00000000
  525400000001 00000000
`);

const solicitation = hex(`
  3333ff000002 020000000001 86dd
  60000000       # version 6
  0020           # payload: 32 bytes
  3a ff          # ICMPv6, hop limit 255
  fd00 00*13 01  # source fd00::1
  ff02 00*9 01 ff000002 # destination: the solicited-node address of fd00::2
  87 00          # neighbour solicitation
  7d97           # checksum
  00000000
  fd00 00*13 02  # target fd00::2
  01 01 020000000001 # option: source link-layer address
`);

const advertisementPacket = hex(`
  60000000 0020 3a ff
  fd00 00*13 02  # source fd00::2
  fd00 00*13 01  # destination fd00::1
  88 00 1c9a     # neighbour advertisement, checksum
  60000000       # solicited, override
  fd00 00*13 02  # target
  02 01 020000000002 # option: target link-layer address
`);

describe('Ethernet', () => {
  it('reads an ARP request and builds the same', () => {
    const frame = parseEthernet(arpRequest);
    assert.deepEqual(
      { ...frame, payload: frame.payload.length },
      {
        destination: 'ff:ff:ff:ff:ff:ff',
        source: '02:00:00:00:00:01',
        tags: [],
        etherType: etherType.arp,
        payload: 46,
      },
    );
    const packet = parseArp(frame.payload);
    assert.deepEqual(packet, {
      operation: 'request',
      senderMac: '02:00:00:00:00:01',
      senderIp: '10.0.0.1',
      targetMac: '00:00:00:00:00:00',
      targetIp: '10.0.0.2',
    });
    const built = buildEthernet({ ...frame, payload: buildArp(packet) });
    assert.equal(built.toString('hex'), arpRequest.subarray(0, 42).toString('hex'));
  });

  it('reads a RARP announcement behind two tags and builds the same', () => {
    const frame = parseEthernet(taggedRarp);
    assert.deepEqual(frame.tags, [
      { tpid: 0x88a8, vid: 100, pcp: 3, dei: false },
      { tpid: 0x8100, vid: 200, pcp: 5, dei: true },
    ]);
    assert.equal(frame.etherType, etherType.rarp);
    const packet = parseArp(frame.payload);
    assert.equal(packet.operation, 'reverse_request');
    assert.equal(packet.senderIp, '0.0.0.0');
    assert.deepEqual(buildEthernet({ ...frame, payload: buildArp(packet) }), taggedRarp);
  });

  it('reads a neighbour solicitation and builds the same', () => {
    const frame = parseEthernet(solicitation);
    const discovery = parseNeighbourDiscovery(frame.payload)!;
    assert.deepEqual(discovery, {
      kind: 'solicitation',
      source: 'fd00::1',
      destination: 'ff02::1:ff00:2',
      target: 'fd00::2',
      flags: { router: false, solicited: false, override: false },
      sourceLinkLayer: '02:00:00:00:00:01',
    });
    assert.deepEqual(buildEthernet({ ...frame, payload: buildNeighbourDiscovery(discovery) }), solicitation);
  });

  it('builds an advertisement as others do, and reads it', () => {
    const advertisement = {
      kind: 'advertisement',
      source: 'fd00::2',
      destination: 'fd00::1',
      target: 'fd00::2',
      flags: { router: false, solicited: true, override: true },
      targetLinkLayer: '02:00:00:00:00:02',
    } as const;
    const built = buildNeighbourDiscovery(advertisement);
    assert.equal(built.toString('hex'), advertisementPacket.toString('hex'));
    assert.deepEqual(parseNeighbourDiscovery(built), advertisement);
  });

  it('knows where solicitations go', () => {
    assert.deepEqual(solicitedNode('fd00::12:3456'), { ip: 'ff02::1:ff12:3456', mac: '33:33:ff:12:34:56' });
  });

  it('takes for neighbour discovery neither what passed a router nor other protocols, and no wrong checksum', () => {
    const payload = Buffer.from(parseEthernet(solicitation).payload);
    const routed = Buffer.from(payload);
    routed[7] = 254;
    const udp = Buffer.from(payload);
    udp[6] = 17;
    const ping = Buffer.from(payload);
    ping[40] = 128;
    for (const other of [routed, udp, ping]) assert.equal(parseNeighbourDiscovery(other), undefined);
    const damaged = Buffer.from(payload);
    damaged[60]! ^= 1;
    assert.throws(() => parseNeighbourDiscovery(damaged), { name: 'WireError', path: 'checksum' });
  });

  it('refuses ARP for other than IPv4 over Ethernet, and tags that are none', () => {
    const token = Buffer.from(parseEthernet(arpRequest).payload);
    token[1] = 6;
    assert.throws(() => parseArp(token), { name: 'WireError', path: '_hardwareType', offset: 0 });
    const frame = { ...parseEthernet(arpRequest), tags: [{ tpid: 0x8100, vid: 4096, pcp: 0, dei: false }] };
    assert.throws(() => buildEthernet(frame), { name: 'WireError', path: 'tags.vid' });
  });

  it('refuses addresses that are none', () => {
    const packet = parseArp(parseEthernet(arpRequest).payload);
    const macs = [
      '',
      '02:00:00:00:00',
      '02:00:00:00:00:0g',
      '02-00-00-00-00-01',
      '02:00:00:00:00:001',
      '0 :00:00:00:00:01',
    ];
    for (const senderMac of macs) {
      assert.throws(() => buildArp({ ...packet, senderMac }), { name: 'WireError', path: 'senderMac' }, senderMac);
    }
    for (const senderIp of [
      '',
      '10.0.0',
      '10.0.0.256',
      '10.0.0.1.',
      '10.0.0.01',
      '10..0.1',
      '1e1.0.0.1',
      '10.0.0.1/8',
    ]) {
      assert.throws(() => buildArp({ ...packet, senderIp }), { name: 'WireError', path: 'senderIp' }, senderIp);
    }
  });

  it('reads or refuses whatever comes, never worse', () => {
    const readWhole = (bytes: Buffer) => {
      const { payload, etherType: type } = parseEthernet(bytes);
      if (type === etherType.ipv6) parseNeighbourDiscovery(payload);
      else parseArp(payload);
    };
    let refused = 0;
    const tryToRead = (bytes: Buffer) => {
      try {
        readWhole(bytes);
      } catch (error) {
        assert.ok(error instanceof WireError, (error as Error).stack);
        refused++;
      }
    };
    for (const whole of [arpRequest, taggedRarp, solicitation]) {
      for (let length = 0; length < whole.length; length++) tryToRead(whole.subarray(0, length));
      fc.assert(
        fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
          const altered = Buffer.from(whole);
          altered[at] = value;
          tryToRead(altered);
        }),
        { seed: 7, numRuns: 500 },
      );
    }
    assert.ok(refused > 100);
  });
});
