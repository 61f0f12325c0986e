/** The instructions, OpenFlow 1.3.5 §7.2.4. */
import { defaulted, list, pad, rest, u8, u32, u64 } from '../binary/codec.js';
import { taggedUnion, type UnionIn } from '../binary/tagged-union.js';
import { action } from './actions.js';

export const instructions = {
  goto_table: { number: 1, fields: { table_id: u8, _pad: pad(3) } },
  write_metadata: {
    number: 2,
    fields: { _pad: pad(4), metadata: u64, metadata_mask: defaulted(u64, 0xffff_ffff_ffff_ffffn) },
  },
  write_actions: { number: 3, fields: { _pad: pad(4), actions: list(action) } },
  apply_actions: { number: 4, fields: { _pad: pad(4), actions: list(action) } },
  clear_actions: { number: 5, fields: { _pad: pad(4) } },
  meter: { number: 6, fields: { meter_id: u32 } },
  experimenter: { number: 0xffff, fields: { experimenter: u32, data: rest } },
} as const;

export type Instruction = UnionIn<typeof instructions>;
export const instruction = taggedUnion(instructions, { alignment: 8, lengthCountsPadding: true });
