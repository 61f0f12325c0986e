/** What doctor can look at on one node, and what the site file says of it. Looking changes nothing. */

export interface ComputeSight {
  hypervisor: string;
  accelerator: 'kvm' | 'tcg';
  nested: boolean;
  cpus: number;
  memoryMiB: number;
  diskGiB: number;
}

export interface SwitchSight {
  version: string;
  /** Absent while our bridge does not exist. */
  datapathId?: string;
  /** Whether the bridge's OpenFlow channel to a controller stands. */
  connected: boolean;
  /** Whether Open vSwitch there has what it needs to speak TLS. */
  hasSsl: boolean;
}

/** Of what Iris shows to Open vSwitch over TLS. */
export interface CertificateSight {
  /** What is wrong with the files, each with its path. */
  problems: string[];
  /** Absent where there is no certificate that can be read. */
  subject?: string;
  until?: Date;
}

export interface NodeProbe {
  node: string;
  expected: {
    compute?: Omit<ComputeSight, 'hypervisor' | 'accelerator' | 'nested'>;
    datapathId: string;
    bridge: string;
    /** Its switch is to come to us over TLS. */
    comesBySsl: boolean;
    underlay: { address: string; mtu: number };
    gateway?: { address: string; mtu: number };
  };
  /** Absent on a node without VMs. */
  lookAtCompute?: () => Promise<ComputeSight>;
  lookAtSwitch: () => Promise<SwitchSight>;
  /** Absent where the node is reached by nothing over TLS. */
  lookAtCertificate?: () => Promise<CertificateSight>;
  /** The node's own addresses with the MTU of their device; undefined where they cannot be seen from here. */
  lookAtAddresses: () => Promise<{ address: string; mtu?: number }[] | undefined>;
  /** The node's clock less ours; undefined where it cannot be seen from here. */
  lookAtClock: () => Promise<{ skewMs: number } | undefined>;
}
