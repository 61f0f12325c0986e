/** What compute nodes are, as they themselves say: asked when needed, remembered for a while, and never waited for long. */
import type { ComputeDriver, ComputeFingerprint } from '../domain/ports/compute-driver.js';
import type { Clock } from '../lib/clock.js';

/** Undefined while the node does not answer. */
export type NodeFacts = (node: string) => Promise<ComputeFingerprint | undefined>;

const rememberMs = 60_000;
const waitMs = 3_000;

const afterWaiting = (): { elapsed: Promise<undefined>; cancel: () => void } => {
  let cancel = (): void => {};
  const elapsed = new Promise<undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), waitMs);
    cancel = () => clearTimeout(timer);
  });
  return { elapsed, cancel };
};

export function createNodeFacts(compute: ComputeDriver, clock: Clock): NodeFacts {
  const known = new Map<string, { fingerprint: ComputeFingerprint; until: number }>();
  return async (node) => {
    const now = clock.now().getTime();
    const remembered = known.get(node);
    if (remembered !== undefined && remembered.until > now) return remembered.fingerprint;
    const { elapsed, cancel } = afterWaiting();
    // A node that does not answer is a fact too: the view leaves out what it would have said.
    const asked = compute.fingerprint(node).catch(() => undefined);
    const fingerprint = await Promise.race([asked, elapsed]);
    cancel();
    if (fingerprint !== undefined) known.set(node, { fingerprint, until: now + rememberMs });
    return fingerprint;
  };
}
