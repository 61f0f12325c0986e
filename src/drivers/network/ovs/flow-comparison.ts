/**
 * Holds the flows that a switch has against those that it was given, all of them in one question: what somebody changed without their number
 * changing. That costs with every flow, so it is done seldom, and where it takes long more seldom.
 */
import type { SwitchSession } from '../../../openflow/switch-session.js';
import { instanceCookieMask } from '../plan/pipeline.js';
import { flowContent, flowKey, type SwitchFlow } from './flow-diff.js';
import type { ResolvedFlow } from './resolve.js';

/** Of the time that passes a comparison may take this part. */
const mostOfTime = 1 / 20;

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

const toText = (flow: SwitchFlow | ResolvedFlow): string => `${flowKey(flow)} ${flowContent(flow)}`;
/** A flow that was given is not changed afterwards: another takes its place. */
const given = new WeakMap<ResolvedFlow, string>();

function textOf(flow: ResolvedFlow): string {
  const text = given.get(flow) ?? toText(flow);
  given.set(flow, text);
  return text;
}

export function isAsGiven(present: readonly SwitchFlow[], wanted: readonly ResolvedFlow[]): boolean {
  const texts = new Set(wanted.map(textOf));
  return present.length === texts.size && present.every((flow) => texts.has(toText(flow)));
}

export interface Pace {
  /** Runs the comparison if it is due, and plans the next; what it brings, or nothing. */
  run<T>(compare: () => Promise<T[]>): Promise<T[]>;
}

/** `nowMs`: of a clock that only goes forward. */
export function createPace(everyMs: number, nowMs: () => number = () => performance.now()): Pace {
  let dueMs = nowMs() + everyMs;
  return {
    async run(compare) {
      const startedMs = nowMs();
      if (startedMs < dueMs) return [];
      try {
        return await compare();
      } finally {
        const endedMs = nowMs();
        dueMs = Math.max(startedMs + everyMs, endedMs + (endedMs - startedMs) / mostOfTime);
      }
    },
  };
}
