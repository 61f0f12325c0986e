/** Of the sites that a segment is to reach. */
import { type Check, firstDuplicate, firstOffence, offence } from './check.js';

export const peers: Record<string, Check> = {
  areKnown: ({ peers: list }, { site }) =>
    firstOffence(list, ({ site: name, gateway }) => {
      const known = site.peers.find((peer) => peer.site === name);
      if (known === undefined)
        return offence('unknownStp', `site '${name}' is no peer of this one`, { peer: name, gateway });
      return known.gateways.includes(gateway)
        ? undefined
        : offence('unknownStp', `site '${name}' has no gateway ${gateway}`, { peer: name, gateway });
    }),
  areNamedOnce: ({ peers: list }) => {
    const twice = firstDuplicate(list.map((peer) => peer.site));
    return twice === undefined ? undefined : offence('payload', `peer '${twice}' is named twice`, { peer: twice });
  },
  canBeReached: ({ peers: list }, { site }) =>
    list.length > 0 && !site.nodes.some((node) => node.gateway !== undefined)
      ? offence('noPath', 'this site has no gateway to other sites', { peer: list[0]!.site })
      : undefined,
};
