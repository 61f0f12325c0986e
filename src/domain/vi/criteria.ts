/**
 * What a reservation asks for at one site: the virtual infrastructure, in the requester's terms. Units are in the names.
 * A version of a reservation has one Criteria; a placed one is a PlacedVi.
 */
import type { PointToPoint } from '../p2p/point-to-point.js';

export const encapsulations = ['gre', 'vxlan', 'geneve'] as const;
export type Encapsulation = (typeof encapsulations)[number];

/** 802.1Q VLAN id 1–4094, or 0 for untagged frames. */
export type VlanId = number;

/** Lower case, colons: `52:54:00:12:34:56`. */
export type MacAddress = string;

/** An IPv4 or IPv6 address in its canonical text form. */
export type IpAddress = string;

export interface SegmentSpec {
  /** GRE key, or VXLAN / Geneve VNI: 1 – 2^24-1. Chosen by the coordinator, the same at all sites. */
  key: number;
  encapsulation: Encapsulation;
  /** Only MACs and IPs that the reservation lists, together, may send from this site's ports. */
  strictAddresses?: boolean;
}

export interface NicSpec {
  /** Absent: derived by the site. Allowed only where `count` is 1. */
  mac?: MacAddress;
  /** Told to the registry and, by NoCloud, to the guest. Allowed only where `count` is 1. */
  ip?: IpAddress;
  /** Prefix length of `ip` for the guest's network configuration; 24 if absent (64 for IPv6). */
  prefixLength?: number;
}

/** One or more equal VMs. With `count` above 1 they are named `name-1` … `name-count`. */
export interface VmSpec {
  name: string;
  count: number;
  cpus: number;
  memoryMiB: number;
  diskGiB: number;
  image: string;
  nested: boolean;
  nics: NicSpec[];
  /** VMs of one reservation with the same group name stand on different nodes. */
  antiAffinity?: string;
  /** NoCloud user-data, as text. A secret: appears in no log, history or view. */
  userData?: string;
}

export interface ExternalPortSpec {
  name: string;
  vlans: VlanId[];
  /** The hosts behind it are set to the segment's MTU: without this a port with a larger one is refused. */
  hostsUseSegmentMtu?: boolean;
}

export interface PeerSpec {
  /** Name of the other site. */
  site: string;
  /** Tunnel address of that site's gateway. */
  gateway: IpAddress;
}

/** A machine that is known beforehand, so that the registry can answer for it. */
export interface HostSpec {
  mac: MacAddress;
  ip?: IpAddress;
  vlan: VlanId;
  /** The site it stands in; our own name for one behind an external port here. */
  site: string;
}

export interface Schedule {
  /** Absent: now. */
  start?: Date;
  /** Absent: open-ended. */
  end?: Date;
}

export interface Criteria {
  schedule: Schedule;
  segment: SegmentSpec;
  vms: VmSpec[];
  externalPorts: ExternalPortSpec[];
  peers: PeerSpec[];
  hosts: HostSpec[];
  /** A point-to-point service in place of machines: then there is nothing else, and the segment is the site's to choose. */
  pointToPoint?: PointToPoint;
}
