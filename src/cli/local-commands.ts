/** The commands that need no running service but the parts themselves. main.ts composes them; this room knows only their shape. */
import type { CallbackTaker } from '../wire/nsi/callbacks.js';
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

export interface CallbackOptions {
  /** HOST:PORT; off loopback only with TLS. */
  listen: string;
  /** Paths of PEM files; `clientCa`: authority of the providers' certificates. */
  tls?: { cert: string; key: string; clientCa: string };
  /** Our NSA id. */
  nsa: string;
  callbacks: CallbackTaker;
}

export interface LocalCommands {
  /** Runs until the signal, and resolves when the daemon has stopped. */
  serve(options: ServeOptions, parts: { say: (line: string) => void; signal: AbortSignal }): Promise<void>;
  /** Serves /nsi/requester by itself; `url` is where. */
  takeCallbacks(options: CallbackOptions): Promise<{ url: string; stop(): Promise<void> }>;
  migrate(options: SiteFileOptions): Promise<MigrateReport>;
  /** A way to look at each node of the site file, at that of this name, or at all. */
  probeNodes(
    options: SiteFileOptions,
    node: string | undefined,
  ): Promise<{ probes: NodeProbe[]; close(): Promise<void> }>;
}
