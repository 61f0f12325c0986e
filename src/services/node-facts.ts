/** What compute nodes are, as they themselves say: asked when needed, remembered for a while, and never waited for long. */
import type { ComputeDriver, ComputeFingerprint } from '../domain/ports/compute-driver.js';
import type { Clock } from '../lib/clock.js';
import { undefinedAfter } from '../lib/undefined-after.js';

/** Undefined while the node does not answer. */
export type NodeFacts = (node: string) => Promise<ComputeFingerprint | undefined>;

const rememberMs = 60_000;
const waitMs = 3_000;

export function createNodeFacts(compute: ComputeDriver, clock: Clock): NodeFacts {
  const known = new Map<string, { fingerprint: ComputeFingerprint; until: number }>();
  return async (node) => {
    const now = clock.now().getTime();
    const remembered = known.get(node);
    if (remembered !== undefined && remembered.until > now) return remembered.fingerprint;
    // A node that does not answer is a fact too: the view leaves out what it would have said.
    const fingerprint = await undefinedAfter(waitMs, compute.fingerprint(node));
    if (fingerprint !== undefined) known.set(node, { fingerprint, until: now + rememberMs });
    return fingerprint;
  };
}
