/**
 * Holds the flows that a switch has against those that it was given, all of them in one question: what somebody changed without their number
 * changing. That costs with every flow, so it is done seldom, and where it takes long more seldom.
 */
import { setImmediate } from 'node:timers/promises';
import type { SwitchSession } from '../../../openflow/switch-session.js';
import { instanceCookieMask } from '../plan/pipeline.js';
import { type AnyFlow, flowContent, flowKey, type SwitchFlow } from './flow-text.js';
import type { ResolvedFlow } from './resolve.js';

/** Of the time that passes the comparisons of all nodes together may take this part. */
const mostOfTime = 1 / 20;
/** Packets and requests go first: after so many flows. */
const flowsInATurn = 250;

/** Of all VIs of this site instance, by cookie. `cookie`: of any of them. */
export async function readFlows(
  session: Pick<SwitchSession, 'multipart'>,
  cookie: bigint,
): Promise<Map<bigint, SwitchFlow[]>> {
  const flows = await session.multipart('flow', {
    cookie: cookie & instanceCookieMask,
    cookie_mask: instanceCookieMask,
  });
  const byCookie = new Map<bigint, SwitchFlow[]>();
  for (const flow of flows) {
    const known = byCookie.get(flow.cookie);
    if (known === undefined) byCookie.set(flow.cookie, [flow]);
    else known.push(flow);
  }
  return byCookie;
}

const toText = (flow: AnyFlow): string => `${flowKey(flow)} ${flowContent(flow)}`;

/** Takes several turns: what stands, or what is wanted, may be another by the end. */
export async function isAsGiven(present: readonly SwitchFlow[], wanted: readonly ResolvedFlow[]): Promise<boolean> {
  const texts = new Set<string>();
  for (const [index, flow] of wanted.entries()) {
    if (index % flowsInATurn === 0) await setImmediate();
    texts.add(toText(flow));
  }
  if (present.length !== texts.size) return false;
  for (const [index, flow] of present.entries()) {
    if (index % flowsInATurn === 0) await setImmediate();
    if (!texts.has(toText(flow))) return false;
  }
  return true;
}

export interface Pace {
  /** A round: one comparison after the other if they are due, and not while another round is under way. One that fails stops none behind it. */
  run(comparisons: Iterable<() => Promise<void>>): Promise<void>;
}

/** One for all nodes, since they share a thread. `nowMs`: of a clock that only goes forward. */
export function createPace(everyMs: number, nowMs: () => number = () => performance.now()): Pace {
  let dueMs = nowMs() + everyMs;
  return {
    async run(comparisons) {
      const startedMs = nowMs();
      if (startedMs < dueMs) return;
      dueMs = Number.POSITIVE_INFINITY;
      for (const compare of comparisons) await compare().catch(() => {});
      const endedMs = nowMs();
      dueMs = Math.max(startedMs + everyMs, endedMs + (endedMs - startedMs) / mostOfTime);
    },
  };
}
