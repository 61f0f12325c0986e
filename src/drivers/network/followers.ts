/**
 * The VIs that a point-to-point service ends in, or did, follow its changes: also a change that failed at some node, since elsewhere it has
 * been made, and what a VI still sends into the service would come out wherever that ends now. One that could not follow does so at the next try.
 */
import { DriverError } from '../../domain/errors/driver-error.js';
import { throwFailures } from './node-failures.js';
import type { Segment } from './segments.js';

/** Connection ids of VIs, and the nodes that they may have something on. */
type Followers = Map<string, Set<string>>;

/** `settle`: brings about what a VI is now, on these nodes as well. */
export function createFollowers(settle: (connectionId: string, nodes: ReadonlySet<string>) => Promise<void>) {
  /** By the connection id of the service. */
  const waiting = new Map<string, Followers>();

  function remember(service: string, connectionId: string, nodes: Iterable<string>): void {
    const followers: Followers = waiting.get(service) ?? new Map();
    waiting.set(service, followers.set(connectionId, new Set([...(followers.get(connectionId) ?? []), ...nodes])));
  }

  /** One at a time, and taken out first: what comes meanwhile is remembered for itself. */
  async function settleOne(service: string, connectionId: string): Promise<void> {
    const followers = waiting.get(service);
    const nodes = followers?.get(connectionId);
    if (followers === undefined || nodes === undefined) return;
    followers.delete(connectionId);
    if (followers.size === 0) waiting.delete(service);
    try {
      await settle(connectionId, nodes);
    } catch (error) {
      remember(service, connectionId, nodes);
      throw error;
    }
  }

  /** `joined`: as they were before; `change`: brings about what the service is now. Throws at the end what failed. */
  return async function follow(
    service: string,
    joined: readonly Segment[],
    change: () => Promise<void>,
  ): Promise<void> {
    for (const { vi, topology } of joined) remember(service, vi.connectionId, topology.nodes.keys());
    const failures: DriverError[] = [];
    const attempt = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof DriverError)) throw error;
        failures.push(error);
      }
    };
    await attempt(change);
    for (const connectionId of [...(waiting.get(service)?.keys() ?? [])])
      await attempt(() => settleOne(service, connectionId));
    throwFailures(failures);
  };
}
