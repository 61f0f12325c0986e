/** What an underlay frame carries, by its outer headers: how a capture shows that frames go by tunnel, and by which. Pure. */
export type Encapsulation = 'gre' | 'vxlan' | 'geneve';

const etherTypeIpv4 = 0x0800;
const ethernetHeaderBytes = 14;
const protocols = { udp: 17, gre: 47 } as const;
/** IANA port numbers (RFC 7348 §5, RFC 8926 §3.3). */
const udpPorts: Readonly<Record<number, Encapsulation>> = { 4789: 'vxlan', 6081: 'geneve' };

/** Undefined: not a tunnel's frame. */
export function encapsulationOf(frame: Buffer): Encapsulation | undefined {
  if (frame.length < ethernetHeaderBytes + 20 || frame.readUInt16BE(12) !== etherTypeIpv4) return undefined;
  const ipHeaderBytes = (frame[ethernetHeaderBytes]! & 0x0f) * 4;
  const protocol = frame[ethernetHeaderBytes + 9];
  if (protocol === protocols.gre) return 'gre';
  const udp = ethernetHeaderBytes + ipHeaderBytes;
  return protocol === protocols.udp && frame.length >= udp + 4 ? udpPorts[frame.readUInt16BE(udp + 2)] : undefined;
}
