/** The ones' complement sum of IP, ICMP and ICMPv6 (RFC 1071). */

/** Over all parts, each of which but the last must have an even length. 0 for data that carries its own right checksum. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += (part[at]! << 8) | (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
