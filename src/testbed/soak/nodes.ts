/** What Iris builds on in a soak: simulated nodes, or real ones of the testbed. */
export interface StandingNodes {
  /** `NODE connection VM state`. */
  domains: string[];
  /** `NODE connection VM`. */
  disks: string[];
  /** `NODE connection`, with what is missing of it where it is not whole. */
  networks: string[];
}

export interface SoakNodes {
  /** The part of a process's site file that speaks of them: drivers, nodes, images. */
  siteFileOf(process: string): object;
  /** What stands, not by Iris's word. */
  look(): Promise<StandingNodes>;
  close(): Promise<void>;
}

export const computeNodes = ['n1', 'n2', 'n3'] as const;
export const nodeCapacity = { cpus: 8, memoryMiB: 8192, diskGiB: 64 };
