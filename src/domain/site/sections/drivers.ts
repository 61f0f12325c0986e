/** What stands behind the nodes. */
import { z } from 'zod';

export const drivers = z.strictObject({
  compute: z.enum(['libvirt', 'fake']).default('libvirt'),
  network: z.enum(['ovs', 'fake']).default('ovs'),
});

/** Of the fake drivers only. */
export const simulation = z.strictObject({
  /** Folder for what stands on the simulated nodes, so that it outlives the daemon; in memory if absent. */
  directory: z.string().optional(),
  /** How long a simulated node takes to answer. */
  latencyMs: z.number().min(0).max(60_000).default(0),
});
