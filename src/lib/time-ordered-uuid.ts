/** UUIDs in the order of the time at which they are made: version 7 of RFC 9562, §5.7. Random but for its first 48 bits. */
import { randomUUID } from 'node:crypto';

export function timeOrderedUuid(nowMs = Date.now()): string {
  const time = nowMs.toString(16).padStart(12, '0');
  // Its last 74 bits, with the variant, are where version 4 has random ones, too.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
