/**
 * The steps by which a switch turns a question into its answer, declared once: as Open vSwitch executes them and as ovs-ofctl
 * writes them. `move` needs Nicira's extension; RFC 826, RFC 4861 §4.3 and §4.4 say what stands where.
 */
import type { MovableField } from '../../../wire/openflow/nicira-move.js';
import type { PlanAction } from './node-plan.js';

/** Fields that are set to what only the entry knows, or to a constant. */
export type SetField =
  | { eth_src: string }
  | { arp_op: number }
  | { arp_sha: string }
  | { arp_spa: string }
  | { ipv6_src: string }
  | { nd_reserved: number }
  | { nd_options_type: number }
  | { icmpv6_type: number };

export type AnswerStep =
  | { kind: 'move'; from: MovableField; to: MovableField }
  | { kind: 'set'; field: SetField }
  | { kind: 'back' };

const move = (from: MovableField, to: MovableField): AnswerStep => ({ kind: 'move', from, to });
const set = (field: SetField): AnswerStep => ({ kind: 'set', field });
const back: AnswerStep = { kind: 'back' };

const arpReply = 2;
/** Solicited and override (RFC 4861 §4.4): the upper bits of the word before the target. */
const solicitedOverride = 0x6000_0000;
const targetLinkLayer = 2;
const neighbourAdvertisement = 136;

type AnswerAction = Extract<PlanAction, { type: 'replyArp' | 'turnSolicitation' | 'sendAdvertisement' }>;

export function toAnswerSteps(action: AnswerAction): AnswerStep[] {
  if (action.type === 'sendAdvertisement') return [move('NXM_OF_ETH_SRC', 'NXM_NX_ND_TLL'), back];
  const { mac, ip } = action;
  const turned = [move('NXM_OF_ETH_SRC', 'NXM_OF_ETH_DST'), set({ eth_src: mac })];
  if (action.type === 'replyArp')
    return [
      ...turned,
      set({ arp_op: arpReply }),
      move('NXM_NX_ARP_SHA', 'NXM_NX_ARP_THA'),
      move('NXM_OF_ARP_SPA', 'NXM_OF_ARP_TPA'),
      set({ arp_sha: mac }),
      set({ arp_spa: ip }),
      back,
    ];
  return [
    ...turned,
    move('NXM_NX_IPV6_SRC', 'NXM_NX_IPV6_DST'),
    set({ ipv6_src: ip }),
    set({ nd_reserved: solicitedOverride }),
    set({ nd_options_type: targetLinkLayer }),
    set({ icmpv6_type: neighbourAdvertisement }),
  ];
}

export const isAnswerAction = (action: PlanAction): action is AnswerAction =>
  action.type === 'replyArp' || action.type === 'turnSolicitation' || action.type === 'sendAdvertisement';
