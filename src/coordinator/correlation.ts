/**
 * Correlation ids that are derived, not drawn: a coordinator that comes back after a crash sends what it may have sent before
 * under the same ids, and no site does anything twice. What they are derived from begins with a secret of the coordinator's: no site may know the ids of
 * what another is asked.
 */
import { createHash } from 'node:crypto';

/** RFC 9562 §5.8, a version 8 UUID: its bits are ours to fill. */
export function deriveCorrelationId(...parts: readonly (string | number)[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return `urn:uuid:${uuid}`;
}
