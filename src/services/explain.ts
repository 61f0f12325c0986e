/** How a frame finds its way in a reservation's segment: who may ask, of what is asked, and the driver's answer. Changes nothing. */
import { DriverError } from '../domain/errors/driver-error.js';
import { IrisError } from '../domain/errors/iris-error.js';
import type { TracedRule, TraceQuestion, TraceStep } from '../domain/ports/frame-trace.js';
import type { ExplainView } from '../domain/ports/provider.js';
import type { CallContext } from '../domain/ports/store.js';
import type { RegistryEntry } from '../domain/registry/registry-entry.js';
import type { Requester, Reservation } from '../domain/reservation/reservation.js';
import { isGroupMac } from '../domain/vi/addresses.js';
import { ensureVisible } from './access.js';
import type { SiteContext } from './site-context.js';

const shownAtMost = 8;

function knownText(entries: readonly RegistryEntry[]): string {
  const names = entries.map(({ mac, vlan }) => `${mac} (VLAN ${vlan})`);
  const more = names.length > shownAtMost ? ` and ${names.length - shownAtMost} more` : '';
  return `known are ${names.slice(0, shownAtMost).join(', ')}${more}`;
}

function ensureKnown(connectionId: string, entries: readonly RegistryEntry[], vlan: number, mac: string): void {
  const known = entries.filter((entry) => entry.mac === mac);
  if (known.some((entry) => entry.vlan === vlan)) return;
  const hint =
    known.length === 0 ? knownText(entries) : `it is in VLAN ${known.map((entry) => entry.vlan).join(' and in VLAN ')}`;
  throw new IrisError('payload', {
    what: `${mac} is not known in VLAN ${vlan} of the segment of ${connectionId}: ${hint}`,
    variables: { mac, vlan: String(vlan) },
    connectionId,
  });
}

function ensureStands({ connectionId, states, committed }: Reservation): void {
  if (committed === undefined || !states.dataPlane.active)
    throw new IrisError('connection', {
      what: `nothing of ${connectionId} stands on the switches now`,
      variables: { lifecycleState: states.lifecycle, provisionState: states.provision ?? 'none' },
      connectionId,
    });
  if (committed.placed.pointToPoint !== undefined)
    throw new IrisError('payload', {
      what: `${connectionId} is a point-to-point service: it looks at no MAC address`,
      variables: { connectionId },
      connectionId,
    });
}

/** Only the process that leads keeps what stands. */
function toRefusal(error: unknown, connectionId: string, { lease }: SiteContext): unknown {
  if (!(error instanceof DriverError)) return error;
  const processes = lease?.health();
  const elsewhere =
    processes === undefined || processes.leads
      ? ''
      : `; this process stands by, ask ${processes.leader === undefined ? 'the one that leads' : `'${processes.leader}', which leads`}`;
  return new IrisError(error.errorClass === 'notFound' ? 'connection' : 'resourceUnavailable', {
    what: `the way cannot be followed here: ${error.message}${elsewhere}`,
    variables: { connectionId },
    connectionId,
    cause: error,
  });
}

/** A tenant is told that another's flow is in the way, not what it is. */
const withoutForeign = (rule: TracedRule): TracedRule => ({
  table: rule.table,
  ...(rule.priority === undefined ? {} : { priority: rule.priority }),
  match: '',
  actions: [],
  reason: `${rule.table}: a flow of another tenant`,
});

async function hideForeign(
  { store }: SiteContext,
  { role, tenant }: Requester,
  steps: readonly TraceStep[],
): Promise<TraceStep[]> {
  if (role === 'operator') return [...steps];
  const ids = new Set(steps.flatMap(({ rules }) => rules.flatMap(({ connectionId }) => connectionId ?? [])));
  const foreign = new Set<string>();
  for (const id of ids) if ((await store.findReservation(id))?.tenant !== tenant) foreign.add(id);
  const isForeign = ({ connectionId }: TracedRule): boolean => connectionId !== undefined && foreign.has(connectionId);
  return steps.map((step) => ({
    ...step,
    rules: step.rules.map((rule) => (isForeign(rule) ? withoutForeign(rule) : rule)),
  }));
}

export async function explain(
  context: SiteContext,
  call: CallContext,
  connectionId: string,
  question: TraceQuestion,
): Promise<ExplainView> {
  const { store, network } = context;
  const reservation = ensureVisible(await store.findReservation(connectionId), connectionId, call.requester);
  ensureStands(reservation);
  const { vlan, from, to } = question;
  if (from === to)
    throw new IrisError('payload', { what: `${from} sends itself no frames`, variables: { mac: from }, connectionId });
  const entries = await network.registry(connectionId);
  // A driver that does not keep the VI says so itself.
  if (entries.length > 0) ensureKnown(connectionId, entries, vlan, from);
  if (entries.length > 0 && !isGroupMac(to)) ensureKnown(connectionId, entries, vlan, to);
  const { steps, outcome } = await network.trace(connectionId, question).catch((error: unknown) => {
    throw toRefusal(error, connectionId, context);
  });
  return {
    connectionId,
    tenant: reservation.tenant,
    segmentKey: reservation.committed!.placed.segment.key,
    outcome,
    steps: await hideForeign(context, call.requester, steps),
  };
}
