/**
 * What an operator makes of an orphan: a reservation again, with its capacity taken under the guard of the database; or one that is being
 * terminated, which the reconciler then takes down as any other, with retries and over restarts.
 */
import { IrisError } from '../domain/errors/iris-error.js';
import type { OrphanAction } from '../domain/ports/provider.js';
import type { CallContext, StoreTransaction, Transition } from '../domain/ports/store.js';
import type { Reservation, ReservationVersion } from '../domain/reservation/reservation.js';
import type { ConnectionStates } from '../domain/reservation/states.js';
import { newConnectionStates } from '../domain/reservation/step.js';
import type { Criteria } from '../domain/vi/criteria.js';
import type { PlacedVi } from '../domain/vi/placed-vi.js';
import type { ViRecord } from '../domain/vi/vi-record.js';
import { ensureOperator } from './access.js';
import { withoutSecrets } from './answer.js';
import { serveOnce } from './once.js';
import { findStrays, type Stray } from './orphans.js';
import type { SiteContext } from './site-context.js';
import { closeTurn, openTurn, type Turn, take, toIrisError } from './turn.js';

const refusal = (kind: IrisError['kindName'], connectionId: string, what: string): IrisError =>
  new IrisError(kind, { what, variables: { connectionId }, connectionId });

async function say(turn: Turn, type: Parameters<typeof take>[1]['type'], by: string, reason: string): Promise<void> {
  const refused = await take(turn, { type } as Parameters<typeof take>[1], by, reason);
  if (refused !== undefined) throw toIrisError(refused, turn.reservation.connectionId);
}

const adopted = 'adopted from what stands on the nodes';

const isAsRecorded = ({ states, committed }: Reservation, { version, provisioned }: ViRecord): boolean =>
  states.lifecycle === 'Created' &&
  committed?.version === version.version &&
  (states.provision === 'Provisioned' || states.provision === 'Provisioning') === provisioned;

const changesOfStates = (from: ConnectionStates, to: ConnectionStates): Pick<Transition, 'machine' | 'from' | 'to'>[] =>
  (['lifecycle', 'reservation'] as const).flatMap((machine) =>
    from[machine] === to[machine] ? [] : [{ machine, from: from[machine], to: to[machine] }],
  );

/** What the database believed gives way to what stands: its versions, what they set aside, and what was due. */
async function forgetBelief(turn: Turn, by: string, reason: string): Promise<void> {
  const { transaction, reservation } = turn;
  const { committed, held, replaced = [], errorEvent: _old, ...rest } = reservation;
  turn.cancelled.push('holdTimeout', 'endTime', 'reconcile');
  for (const version of [committed, held, ...replaced])
    if (version !== undefined) await transaction.dropVersion(rest.connectionId, version.version);
  turn.reservation = { ...rest, states: newConnectionStates };
  turn.errorEvent = null;
  for (const change of changesOfStates(reservation.states, newConnectionStates))
    turn.transitions.push({
      ...change,
      connectionId: rest.connectionId,
      by,
      ...(turn.correlationId === undefined ? {} : { correlationId: turn.correlationId }),
      reason,
    });
}

const toReservation = (record: ViRecord, states: ConnectionStates, now: Date): Reservation => {
  const { version: _version, provisioned: _wish, ...rest } = record;
  return { ...rest, states, createdAt: now, updatedAt: now };
};

/** Throws IrisError where it cannot be held: what is taken, and by how much. */
async function adopt(
  { site }: SiteContext,
  transaction: StoreTransaction,
  call: CallContext,
  record: ViRecord,
): Promise<Reservation> {
  const { connectionId, tenant, version } = record;
  const { subject } = call.requester;
  const { reservation: known, now } = await transaction.lockReservation(connectionId);
  if (known !== undefined && isAsRecorded(known, record)) return known;
  if (version.end !== undefined && version.end <= now)
    throw refusal('unsupportedParameter', connectionId, `its time was over at ${version.end.toISOString()}: remove it`);
  if (!site.tenants.some(({ name }) => name === tenant))
    throw refusal('unauthorized', connectionId, `it is of tenant '${tenant}', who is not known here`);

  const reservation = known ?? toReservation(record, newConnectionStates, now);
  if (known === undefined) await transaction.insertForgotten(reservation);
  const turn = openTurn(transaction, reservation, now, call.correlationId);
  // User data is on no node: only where the database has this very version is it known still.
  const { criteria, placed } = known?.committed?.version === version.version ? known.committed : version;
  if (known !== undefined) await forgetBelief(turn, subject, adopted);
  await say(turn, 'requester.reserve', subject, adopted);
  const held: ReservationVersion = { ...version, criteria, placed, state: 'held' };
  const isBegun = version.start < now;
  const holdExpires = new Date(now.getTime() + site.reservations.holdSeconds * 1000);
  await transaction.holdVersion(connectionId, held, holdExpires, isBegun ? now : version.start);
  turn.reservation = { ...turn.reservation, held: { ...held, holdExpires } };
  await say(turn, 'engine.held', 'engine', adopted);
  await say(turn, 'requester.commit', subject, adopted);
  await say(turn, 'engine.committed', 'engine', adopted);
  // It has been built: what ends it has something to take down.
  const dataPlane = { active: false, version: version.version, consistent: true };
  turn.reservation = { ...turn.reservation, states: { ...turn.reservation.states, dataPlane } };
  if (record.provisioned) await say(turn, 'requester.provision', subject, adopted);
  return closeTurn(turn);
}

/** Enough to take down what was sighted where nobody knows what it was. */
const unknownCriteria = (start: Date): Criteria => ({
  schedule: { start },
  segment: { key: 1, encapsulation: 'gre' },
  vms: [],
  externalPorts: [],
  peers: [],
  hosts: [],
});

function deriveRemains(
  { site }: SiteContext,
  stray: Stray,
  viNumber: number,
  now: Date,
): Omit<ReservationVersion, 'state'> {
  const { id: connectionId, record, sightings } = stray;
  const nodes = new Set(site.nodes.map(({ name }) => name));
  const criteria = record?.version.criteria ?? unknownCriteria(now);
  const recorded: PlacedVi = record?.version.placed ?? {
    connectionId,
    version: 1,
    tenant: unknownTenant,
    viNumber,
    segment: criteria.segment,
    vms: [],
    externalPorts: [],
    peers: [],
    hosts: [],
  };
  const vms = recorded.vms.filter(({ node }) => nodes.has(node));
  for (const { node, vmName: name } of sightings)
    if (name !== undefined && !vms.some((vm) => vm.node === node && vm.name === name))
      vms.push({ name, node, cpus: 1, memoryMiB: 1, diskGiB: 1, image: 'unknown', nested: false, nics: [] });
  const { gateway, ...rest } = recorded;
  const placed: PlacedVi = {
    ...rest,
    vms,
    externalPorts: recorded.externalPorts.filter(({ node }) => nodes.has(node)),
    ...(gateway !== undefined && nodes.has(gateway) ? { gateway } : {}),
  };
  return { version: record?.version.version ?? 1, start: record?.version.start ?? now, criteria, placed };
}

const unknownTenant = 'unknown';
const removal = 'an orphan is removed';

async function remove(
  context: SiteContext,
  transaction: StoreTransaction,
  call: CallContext,
  stray: Stray,
  owner: Reservation | undefined,
): Promise<Reservation> {
  const { id: connectionId, record } = stray;
  const now = await transaction.now();
  const viNumber = stray.viNumber ?? (await transaction.nextViNumber());
  const version = deriveRemains(context, stray, viNumber, now);
  const nothingKnown = {
    connectionId,
    viNumber,
    tenant: unknownTenant,
    requester: call.requester.subject,
    description: 'an orphan of which nothing was known',
    autoProvision: false,
    terminateOnRelease: false,
  };
  const states: ConnectionStates = {
    reservation: 'ReserveStart',
    provision: 'Released',
    lifecycle: 'Terminating',
    dataPlane: { active: true, version: version.version, consistent: true },
  };
  const { version: _version, provisioned: _wish, ...known } = record ?? { ...nothingKnown, version, provisioned: true };
  const { subject } = call.requester;
  const reservation = owner ?? { ...known, states: newConnectionStates, createdAt: now, updatedAt: now };
  if (owner === undefined) await transaction.insertForgotten(reservation);
  const turn = openTurn(transaction, reservation, now, call.correlationId);
  if (owner !== undefined) await forgetBelief(turn, subject, removal);
  await transaction.insertStanding(connectionId, version, 'committed');
  turn.transitions.push({
    ...{ connectionId, machine: 'lifecycle', from: 'Created', to: 'Terminating' },
    ...{ by: subject, correlationId: call.correlationId, reason: removal },
  });
  turn.work.push({ kind: 'reconcile', connectionId, runAt: now });
  turn.reservation = { ...turn.reservation, states, committed: { ...version, state: 'committed' } };
  return closeTurn(turn);
}

const isGoing = ({ states }: Reservation): boolean => ['Terminating', 'Terminated'].includes(states.lifecycle);

async function removeOnce(
  context: SiteContext,
  transaction: StoreTransaction,
  call: CallContext,
  id: string,
  stray: Stray | undefined,
): Promise<Reservation> {
  const { reservation: known } = await transaction.lockReservation(id);
  if (stray?.state === 'over')
    throw refusal('invalidTransition', id, 'the database knows it, as over: it goes when the database is accepted');
  if (known !== undefined && isGoing(known)) return known;
  if (known !== undefined && stray?.state !== 'unknown')
    throw refusal('invalidTransition', id, 'the database knows it: it is no orphan; terminate it');
  if (stray === undefined)
    throw refusal('reservationNonexistent', id, `nothing of '${id}' is on any node that answers`);
  return remove(context, transaction, call, stray, known);
}

async function adoptOnce(
  context: SiteContext,
  transaction: StoreTransaction,
  call: CallContext,
  id: string,
  stray: Stray | undefined,
): Promise<Reservation> {
  if (stray?.record !== undefined) return adopt(context, transaction, call, stray.record);
  const { reservation: known } = await transaction.lockReservation(id);
  if (stray === undefined && known?.states.lifecycle === 'Created') return known;
  throw stray === undefined
    ? refusal('reservationNonexistent', id, `nothing of '${id}' is on any node that answers`)
    : refusal('unsupportedParameter', id, `no node that answers says what '${id}' was: it can only be removed`);
}

/** A number that went to somebody else meanwhile cannot be had twice: it is in flow cookies. */
async function ensureNumberFree({ store }: SiteContext, { id, viNumber, owner }: Stray): Promise<void> {
  if (owner !== undefined || viNumber === undefined) return;
  const { reservations } = await store.listReservations({ viNumbers: [viNumber] }, { limit: 1 });
  const [other] = reservations;
  if (other !== undefined && other.connectionId !== id)
    throw refusal(
      'resourceUnavailable',
      id,
      `its VI number ${viNumber} belongs to reservation ${other.connectionId} now`,
    );
}

/** Said twice is the same as said once, with the same correlation id or another. */
export async function resolveOrphan(
  context: SiteContext,
  call: CallContext,
  id: string,
  action: OrphanAction,
): Promise<Reservation> {
  ensureOperator(call.requester, 'adopting or removing an orphan');
  const stray = (await findStrays(context)).find((found) => found.id === id);
  if (stray !== undefined) await ensureNumberFree(context, stray);
  const resolve = action === 'adopt' ? adoptOnce : removeOnce;
  const served = await serveOnce(context.store, call, `${action} orphan`, { id }, async (transaction) => ({
    outcome: 'served',
    reservation: withoutSecrets(await resolve(context, transaction, call, id, stray)),
  }));
  context.log.info(
    { connectionId: id, action, by: call.requester.subject, correlationId: call.correlationId },
    'orphan',
  );
  return served;
}
