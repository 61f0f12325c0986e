/**
 * Nicira's action that copies one field of the packet to another (NXAST_REG_MOVE): what turns a question into its answer.
 * OpenFlow 1.3 has only set-field, whose value is fixed.
 */
import { struct, u16, u32 } from '../binary/codec.js';
import { Writer } from '../binary/writer.js';
import type { Action } from './actions.js';

const nicira = 0x2320;
const regMove = 6;

const move = struct({
  subtype: u16,
  n_bits: u16,
  src_ofs: u16,
  dst_ofs: u16,
  src: u32,
  dst: u32,
});

/** Headers as Open vSwitch reads them back: class, number and length in bytes. */
const header = (nxmClass: 0 | 1, number: number, length: number): number => (nxmClass << 16) | (number << 9) | length;

/** Named as `ovs-ofctl` names them. */
const movable = {
  NXM_OF_ETH_DST: header(0, 1, 6),
  NXM_OF_ETH_SRC: header(0, 2, 6),
  NXM_OF_ARP_SPA: header(0, 16, 4),
  NXM_OF_ARP_TPA: header(0, 17, 4),
  NXM_NX_ARP_SHA: header(1, 17, 6),
  NXM_NX_ARP_THA: header(1, 18, 6),
  NXM_NX_IPV6_SRC: header(1, 19, 16),
  NXM_NX_IPV6_DST: header(1, 20, 16),
  NXM_NX_ND_TLL: header(1, 25, 6),
} as const;
export type MovableField = keyof typeof movable;

/** The whole of one field into another of the same length. */
export function toMove(from: MovableField, to: MovableField): Action {
  const writer = new Writer();
  const bits = (movable[from] & 0xff) * 8;
  move.write(writer, {
    subtype: regMove,
    n_bits: bits,
    src_ofs: 0,
    dst_ofs: 0,
    src: movable[from],
    dst: movable[to],
  });
  return { type: 'experimenter', experimenter: nicira, data: writer.written() };
}
