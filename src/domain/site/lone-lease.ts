/** The lease of a process that is alone with its nodes and has no database to ask: it always has it. For tools and tests. */
import type { SiteLease } from '../ports/site-lease.js';
import type { Site } from './site-file.js';

export function createLoneLease(site: Pick<Site, 'nodes'>): SiteLease {
  let generation = 1n;
  return {
    generation: () => generation,
    ensure: async () => generation,
    heldMs: Number.POSITIVE_INFINITY,
    onChange() {},
    async raise(seen) {
      generation = (seen > generation ? seen : generation) + 1n;
      return generation;
    },
    controllers: (name) =>
      site.nodes.flatMap(({ name: known, network }) => (known === name ? [network.controller] : [])),
    noteMaster() {},
  };
}
