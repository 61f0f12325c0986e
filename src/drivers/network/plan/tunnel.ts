/** A tunnel port: one per pair of addresses and encapsulation, shared by all segments and told apart by the key in each frame. */
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Encapsulation, IpAddress } from '../../../domain/vi/criteria.js';

export interface Tunnel {
  /** Name of the port in Open vSwitch, at most 15 characters. */
  portName: string;
  encapsulation: Encapsulation;
  localIp: IpAddress;
  remoteIp: IpAddress;
}

const shortName: Record<Encapsulation, string> = { gre: 'gre', vxlan: 'vxl', geneve: 'gnv' };

/** The name is derived, so that a restart finds the port again and no two pairs share one. */
export function deriveTunnel(encapsulation: Encapsulation, localIp: IpAddress, remoteIp: IpAddress): Tunnel {
  const digest = createHash('sha256').update(`${encapsulation} ${localIp} ${remoteIp}`).digest('hex');
  return { portName: `${shortName[encapsulation]}_${digest.slice(0, 10)}`, encapsulation, localIp, remoteIp };
}

const innerEthernetBytes = 14;
const vlanTagBytes = 4;
/** GRE with key (RFC 2890), UDP + VXLAN (RFC 7348), UDP + Geneve without options (RFC 8926). */
const headerBytes: Record<Encapsulation, number> = { gre: 8, vxlan: 16, geneve: 16 };

/** What a tunnel leaves of its underlay's MTU for the payload of a frame that bears one VLAN tag. */
export function deriveInnerMtu(encapsulation: Encapsulation, remoteIp: IpAddress, underlayMtu: number): number {
  const ipBytes = isIPv6(remoteIp) ? 40 : 20;
  return underlayMtu - ipBytes - headerBytes[encapsulation] - innerEthernetBytes - vlanTagBytes;
}
