/** A tunnel port: one per pair of addresses and encapsulation, shared by all segments and told apart by the key in each frame. */
import { createHash } from 'node:crypto';
import type { Encapsulation, IpAddress } from '../../../domain/vi/criteria.js';

export interface Tunnel {
  /** Name of the port in Open vSwitch, at most 15 characters. */
  readonly portName: string;
  readonly encapsulation: Encapsulation;
  readonly localIp: IpAddress;
  readonly remoteIp: IpAddress;
}

const shortName: Record<Encapsulation, string> = { gre: 'gre', vxlan: 'vxl', geneve: 'gnv' };

/** By local and remote address: what pairs a site has is few, but a large segment asks for each of them, and a digest takes its time. */
const known: Record<Encapsulation, Map<IpAddress, Map<IpAddress, Tunnel>>> = {
  gre: new Map(),
  vxlan: new Map(),
  geneve: new Map(),
};

/** The name is derived, so that a restart finds the port again and no two pairs share one. */
export function deriveTunnel(encapsulation: Encapsulation, localIp: IpAddress, remoteIp: IpAddress): Tunnel {
  const ofLocal = known[encapsulation].get(localIp) ?? new Map<IpAddress, Tunnel>();
  const before = ofLocal.get(remoteIp);
  if (before !== undefined) return before;
  const digest = createHash('sha256').update(`${encapsulation} ${localIp} ${remoteIp}`).digest('hex').slice(0, 10);
  const tunnel = { portName: `${shortName[encapsulation]}_${digest}`, encapsulation, localIp, remoteIp };
  known[encapsulation].set(localIp, ofLocal.set(remoteIp, tunnel));
  return tunnel;
}

const innerEthernetBytes = 14;
const vlanTagBytes = 4;
/** GRE with key (RFC 2890), UDP + VXLAN (RFC 7348), UDP + Geneve without options (RFC 8926). */
const headerBytes: Record<Encapsulation, number> = { gre: 8, vxlan: 16, geneve: 16 };

/** What a tunnel leaves of its underlay's MTU for the payload of a frame that bears one VLAN tag. */
export function deriveInnerMtu(encapsulation: Encapsulation, remoteIp: IpAddress, underlayMtu: number): number {
  const ipBytes = remoteIp.includes(':') ? 40 : 20;
  return underlayMtu - ipBytes - headerBytes[encapsulation] - innerEthernetBytes - vlanTagBytes;
}
