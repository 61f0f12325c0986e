/** Meters and their bands, OpenFlow 1.3.5 §7.3.4.4. */
import { pad, rest, u8, u32 } from '../binary/codec.js';
import { taggedUnion } from '../binary/tagged-union.js';

export const meterBand = taggedUnion(
  {
    drop: { number: 1, fields: { rate: u32, burst_size: u32, _pad: pad(4) } },
    dscp_remark: { number: 2, fields: { rate: u32, burst_size: u32, prec_level: u8, _pad: pad(3) } },
    experimenter: { number: 0xffff, fields: { rate: u32, burst_size: u32, experimenter: u32, data: rest } },
  },
  { alignment: 8, lengthCountsPadding: true },
);
