/** Groups and their buckets, OpenFlow 1.3.5 §7.3.4.2. */
import { defaulted, enumeration, list, ownLength, pad, struct, u8, u16, u32 } from '../binary/codec.js';
import { action } from './actions.js';
import { reservedGroup, reservedPort } from './reserved-numbers.js';

export const groupType = enumeration(u8, { all: 0, select: 1, indirect: 2, fast_failover: 3 });

export const bucket = struct({
  _length: ownLength,
  weight: defaulted(u16, 0),
  watch_port: defaulted(u32, reservedPort.any as number),
  watch_group: defaulted(u32, reservedGroup.any as number),
  _pad: pad(4),
  actions: list(action),
});
