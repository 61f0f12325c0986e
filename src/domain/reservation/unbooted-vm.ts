/** A VM of the version in force that has never run, and what was tried. */
export interface UnbootedVm {
  name: string;
  /** Nodes that it was placed on and has left. */
  left: string[];
  /** Rounds in a row in which it failed on its node. */
  failures: number;
  /** When the first of them ended: ISO 8601. */
  failingSince?: string;
}
