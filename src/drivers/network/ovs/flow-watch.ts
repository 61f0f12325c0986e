/**
 * Notices that a switch has other flows of ours than it was given: somebody deleted one, or all. It asks for numbers only — one question
 * for all VIs, and one for each VI where the sum is not what it was — so it may be asked every few seconds. Flows that are changed and
 * not fewer or more are found by flow-comparison.ts, which reads them all.
 */
import type { SwitchSession } from '../../../openflow/switch-session.js';
import { exactCookieMask, instanceCookieMask } from '../plan/pipeline.js';

type Counter = Pick<SwitchSession, 'multipart'>;

/** Asks for the cookies, of those given with the number of flows that each should have, whose number is another. */
export type FlowWatch = (session: Counter, wanted: ReadonlyMap<bigint, number>) => Promise<bigint[]>;

async function count(session: Counter, cookie: bigint, mask: bigint): Promise<number> {
  return (await session.multipart('aggregate', { cookie, cookie_mask: mask })).flow_count;
}

export function createFlowWatch(): FlowWatch {
  /** Flows that bear our mark and belong to none of the VIs asked for: left over, or unknown. Somebody else looks after them. */
  let others = 0;
  return async (session, wanted) => {
    const [first] = wanted.keys();
    if (first === undefined) return [];
    const sum = [...wanted.values()].reduce((total, flows) => total + flows, 0);
    const found = await count(session, first & instanceCookieMask, instanceCookieMask);
    if (found === sum + others) return [];
    const counts = await Promise.all([...wanted.keys()].map((cookie) => count(session, cookie, exactCookieMask)));
    const damaged = [...wanted].filter(([, flows], index) => counts[index] !== flows).map(([cookie]) => cookie);
    if (damaged.length === 0) others = found - sum;
    return damaged;
  };
}
