/**
 * The match fields, OpenFlow 1.3.5 §7.2.3.7 and Open vSwitch's own: one row each. Rows stand in the order in which they
 * are written, so that a field follows those it depends on. Only names and numbers; match.ts interprets them.
 */
import { type Codec, u8, u16, u32, u64 } from '../binary/codec.js';
import { ipv4, ipv6 } from '../ethernet/ip-address.js';
import { mac } from '../ethernet/mac-address.js';

export interface OxmField<T> {
  readonly oxmClass: number;
  readonly number: number;
  /** Bytes of the value; with a mask, twice as many follow the header. */
  readonly length: number;
  readonly codec: Codec<T>;
}

const openflowBasic = 0x8000;
/** Nicira extended match, in the form of its second class. */
const nicira = 0x0001;

const basic = <T>(number: number, length: number, codec: Codec<T>): OxmField<T> => ({
  oxmClass: openflowBasic,
  number,
  length,
  codec,
});
const nxm = <T>(number: number, length: number, codec: Codec<T>): OxmField<T> => ({
  oxmClass: nicira,
  number,
  length,
  codec,
});

/** Open vSwitch's class for two more fields of neighbour discovery. */
const ndExtension = 0x1000;
const nd = <T>(number: number, length: number, codec: Codec<T>): OxmField<T> => ({
  oxmClass: ndExtension,
  number,
  length,
  codec,
});

/** 24 bits. */
const u24: Codec<number> = {
  read: (r) => (r.u8() << 16) | r.u16(),
  write: (w, value) => {
    w.u8(Math.floor(value / 0x10000));
    w.u16(value % 0x10000);
  },
};

export const oxmFields = {
  in_port: basic(0, 4, u32),
  in_phy_port: basic(1, 4, u32),
  metadata: basic(2, 8, u64),
  eth_dst: basic(3, 6, mac),
  eth_src: basic(4, 6, mac),
  eth_type: basic(5, 2, u16),
  /** With `vlanPresent` set for a tag; 0 matches frames without one. */
  vlan_vid: basic(6, 2, u16),
  vlan_pcp: basic(7, 1, u8),
  ip_dscp: basic(8, 1, u8),
  ip_ecn: basic(9, 1, u8),
  ip_proto: basic(10, 1, u8),
  ipv4_src: basic(11, 4, ipv4),
  ipv4_dst: basic(12, 4, ipv4),
  tcp_src: basic(13, 2, u16),
  tcp_dst: basic(14, 2, u16),
  udp_src: basic(15, 2, u16),
  udp_dst: basic(16, 2, u16),
  sctp_src: basic(17, 2, u16),
  sctp_dst: basic(18, 2, u16),
  icmpv4_type: basic(19, 1, u8),
  icmpv4_code: basic(20, 1, u8),
  arp_op: basic(21, 2, u16),
  arp_spa: basic(22, 4, ipv4),
  arp_tpa: basic(23, 4, ipv4),
  arp_sha: basic(24, 6, mac),
  arp_tha: basic(25, 6, mac),
  ipv6_src: basic(26, 16, ipv6),
  ipv6_dst: basic(27, 16, ipv6),
  ipv6_flabel: basic(28, 4, u32),
  icmpv6_type: basic(29, 1, u8),
  icmpv6_code: basic(30, 1, u8),
  ipv6_nd_target: basic(31, 16, ipv6),
  ipv6_nd_sll: basic(32, 6, mac),
  ipv6_nd_tll: basic(33, 6, mac),
  mpls_label: basic(34, 4, u32),
  mpls_tc: basic(35, 1, u8),
  mpls_bos: basic(36, 1, u8),
  pbb_isid: basic(37, 3, u24),
  tunnel_id: basic(38, 8, u64),
  ipv6_exthdr: basic(39, 2, u16),
  nx_reg0: nxm(0, 4, u32),
  nx_reg1: nxm(1, 4, u32),
  nx_reg2: nxm(2, 4, u32),
  nx_reg3: nxm(3, 4, u32),
  nx_reg4: nxm(4, 4, u32),
  nx_reg5: nxm(5, 4, u32),
  nx_reg6: nxm(6, 4, u32),
  nx_reg7: nxm(7, 4, u32),
  nx_tun_ipv4_src: nxm(31, 4, ipv4),
  nx_tun_ipv4_dst: nxm(32, 4, ipv4),
  /** The flags of an advertisement (RFC 4861 §4.4), in a solicitation unused. */
  nd_reserved: nd(1, 4, u32),
  /** Whether the first option names the source's (1) or the target's (2) link-layer address. */
  nd_options_type: nd(2, 1, u8),
} satisfies Record<string, OxmField<string> | OxmField<number> | OxmField<bigint>>;

/** OFPVID_PRESENT: the bit of `vlan_vid` that says that there is a tag. */
export const vlanPresent = 0x1000;
