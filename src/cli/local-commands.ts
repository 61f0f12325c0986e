/** The commands that need no running service but the parts themselves. main.ts composes them; this room knows only their shape. */
import type { NodeProbe } from './doctor/node-probe.js';

export interface SiteFileOptions {
  /** Path of the site file; the simulated site of examples/ if absent. */
  config?: string;
  database?: string;
}

export interface ServeOptions extends SiteFileOptions {
  listen?: string;
  /** The log goes to this file instead of standard error. */
  logFile?: string;
  /** Run the migrations first. */
  migrate: boolean;
}

export interface MigrateReport {
  database: string;
  applied: string[];
}

export interface LocalCommands {
  /** Runs until the signal, and resolves when the daemon has stopped. */
  serve(options: ServeOptions, parts: { say: (line: string) => void; signal: AbortSignal }): Promise<void>;
  migrate(options: SiteFileOptions): Promise<MigrateReport>;
  /** A way to look at each node of the site file, at that of this name, or at all. */
  probeNodes(
    options: SiteFileOptions,
    node: string | undefined,
  ): Promise<{ probes: NodeProbe[]; close(): Promise<void> }>;
}
