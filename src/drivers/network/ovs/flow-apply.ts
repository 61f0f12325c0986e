/**
 * Brings one switch's flows and meters of one VI to what they should be, in a handful of round trips whatever their number:
 * read back, meters and one bundle behind one barrier, and meters that nobody uses any more. Knows no ports and no plans.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import { OpenflowError } from '../../../openflow/openflow-error.js';
import { isRefusedAsSlave } from '../../../openflow/roles.js';
import type { SwitchSession } from '../../../openflow/switch-session.js';
import { instanceCookieMask } from '../plan/pipeline.js';
import { deriveIdleMeters, diffFlows, diffMeters, type FlowDifference, type SwitchMeter } from './flow-diff.js';
import type { AnyFlow, SwitchFlow } from './flow-text.js';
import type { ResolvedFlow, ResolvedMeters } from './resolve.js';

export interface Wanted {
  cookie: bigint;
  flows: ResolvedFlow[];
  meters: ResolvedMeters;
}

export interface Applied {
  added: number;
  removed: number;
  /** All flows of this site instance that the switch has now, of other VIs as well. */
  flows: AnyFlow[];
}

export function toDriverError(node: string, error: unknown): DriverError {
  if (error instanceof DriverError) return error;
  // Who is master now does it; or we, when we are master again.
  const isRefusal = error instanceof OpenflowError && error.kind === 'refused' && !isRefusedAsSlave(error);
  const errorClass = error instanceof OpenflowError && !isRefusal ? 'transient' : 'permanent';
  return new DriverError(errorClass, node, error instanceof Error ? error.message : String(error), { cause: error });
}

/** Every flow of this site instance, and every meter of the bridge, which is ours as a whole. */
async function readBack(
  session: SwitchSession,
  cookie: bigint,
): Promise<{ flows: SwitchFlow[]; meters: SwitchMeter[] }> {
  const [flows, meters] = await Promise.all([
    session.multipart('flow', { cookie: cookie & instanceCookieMask, cookie_mask: instanceCookieMask }),
    session.multipart('meter_config', {}),
  ]);
  return { flows, meters };
}

export async function sendDifference(
  session: SwitchSession,
  node: string,
  meters: ReturnType<typeof diffMeters>,
  difference: FlowDifference,
): Promise<void> {
  // A switch checks that a meter exists when a flow that names it is added to the bundle.
  const refusals = meters.length === 0 ? [] : await session.sendAll(meters);
  if (refusals.length > 0) {
    const [first] = refusals;
    throw new DriverError(
      'permanent',
      node,
      `the switch refused ${refusals.length} meters: error ${first!.errorType}/${first!.errorCode}`,
    );
  }
  if (difference.messages.length > 0) await session.bundle(difference.messages);
}

async function applyOnce(session: SwitchSession, node: string, wanted: Wanted): Promise<Applied> {
  const present = await readBack(session, wanted.cookie);
  const isOfThisVi = (flow: SwitchFlow): boolean => flow.cookie === wanted.cookie;
  const difference = diffFlows(present.flows.filter(isOfThisVi), wanted.flows);
  const meters = diffMeters(present.meters, wanted.meters);
  if (meters.length + difference.messages.length > 0) await sendDifference(session, node, meters, difference);
  const flows = [...present.flows.filter((flow) => !isOfThisVi(flow)), ...wanted.flows];
  const idle = deriveIdleMeters(
    present.meters.map((meter) => meter.meter_id),
    flows,
  );
  if (idle.length > 0) await session.sendAll(idle);
  return { added: difference.added, removed: difference.removed, flows };
}

export async function applyFlows(session: SwitchSession, node: string, wanted: Wanted): Promise<Applied> {
  try {
    return await applyOnce(session, node, wanted);
  } catch (error) {
    // What was sent without an answer may have been done; and what it was worked out from may have changed since it was read: where somebody
    // deletes a meter, the switch refuses the flows that name it.
    if (session.closed || isRefusedAsSlave(error)) throw error;
    return await applyOnce(session, node, wanted);
  }
}
