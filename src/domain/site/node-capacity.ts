/** What a node offers to VMs: what it has, less what is kept for the host, times what may be promised over that. Pure. */
import type { NodeCapacity } from '../reservation/reservation.js';
import type { Site, SiteNode } from './site-file.js';

type Compute = NonNullable<SiteNode['compute']>;
type Resource = keyof Compute['reserve'];

const offer = (compute: Compute, resource: Resource): number =>
  // Rounded before it is cut: 0.1 of binary fractions must not cost a whole CPU.
  Math.floor(Number(((compute[resource] - compute.reserve[resource]) * compute.overcommit[resource]).toFixed(6)));

export const deriveOffer = (compute: Compute): Omit<NodeCapacity, 'node'> => ({
  cpus: offer(compute, 'cpus'),
  memoryMiB: offer(compute, 'memoryMiB'),
  diskGiB: offer(compute, 'diskGiB'),
});

/** A node without compute offers nothing and is not listed. */
export const deriveNodeCapacities = (site: Site): NodeCapacity[] =>
  site.nodes.flatMap(({ name, compute }) => (compute === undefined ? [] : [{ node: name, ...deriveOffer(compute) }]));
