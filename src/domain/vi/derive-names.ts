/** Names and addresses that the site gives to NICs: the same input gives the same output, and no two NICs the same. */
import { createHash } from 'node:crypto';
import type { MacAddress } from './criteria.js';

/**
 * A locally administered unicast MAC (IEEE 802 §8.4) from what the NIC is, so that it survives a modify; `taken` are those that the segment
 * already has.
 */
export function deriveMac(
  connectionId: string,
  vmName: string,
  nicIndex: number,
  taken: ReadonlySet<MacAddress>,
): MacAddress {
  for (let attempt = 0; ; attempt += 1) {
    const octets = createHash('sha256')
      .update(`${connectionId}/${vmName}/${nicIndex}/${attempt}`)
      .digest()
      .subarray(0, 6);
    octets[0] = (octets[0]! & 0xfc) | 0x02;
    const mac = [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
    if (!taken.has(mac)) return mac;
  }
}

/**
 * Linux allows 15 characters: `iris`, the VI's number in base 36 (at most 7), a dash, the NIC's place in the VI (at most 3, 46,656 of them).
 */
export const derivePortName = (viNumber: number, nicNumber: number): string =>
  `iris${viNumber.toString(36)}-${nicNumber.toString(36)}`;
