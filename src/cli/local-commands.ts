/** The commands that need no running service but the parts themselves. main.ts composes them; this room knows only their shape. */
import type { NodeProbe } from './doctor/node-probe.js';

export interface SiteFileOptions {
  /** Path of the site file; the simulated site of examples/ if absent. */
  config?: string;
  database?: string;
}

export interface ServeOptions extends SiteFileOptions {
  listen?: string;
  /** Run the migrations first. */
  migrate: boolean;
}

export interface MigrateReport {
  database: string;
  applied: string[];
}

export interface LocalCommands {
  /** Resolves when the daemon has stopped. */
  serve(options: ServeOptions, say: (line: string) => void): Promise<void>;
  migrate(options: SiteFileOptions): Promise<MigrateReport>;
  /** A way to look at each node of the site file, at that of this name, or at all. */
  probeNodes(
    options: SiteFileOptions,
    node: string | undefined,
  ): Promise<{ probes: NodeProbe[]; close(): Promise<void> }>;
}
