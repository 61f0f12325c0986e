/**
 * What stands on the nodes with our mark and is not as the database has it, put together VI by VI from what was sighted and what the nodes
 * bear about it.
 */
import type { Orphan, OrphanState, OrphansView } from '../domain/ports/provider.js';
import type { CallContext } from '../domain/ports/store.js';
import type { Reservation } from '../domain/reservation/reservation.js';
import { wasEverBuilt } from '../domain/reservation/step.js';
import type { ViRecord } from '../domain/vi/vi-record.js';
import { ensureOperator } from './access.js';
import { findOwners, isOver, keyOf, type Sighting, sightAll } from './orphan-search.js';
import { fromRecordText } from './record-text.js';
import { readRounds } from './restore-fence.js';
import { askForRounds, listToReconcile } from './rounds.js';
import type { SiteContext } from './site-context.js';

/** One VI, or what is left of it. */
export interface Stray {
  /** The connection id; `vi-7` where nothing but the number in its flows is known. */
  id: string;
  state: OrphanState;
  sightings: Sighting[];
  viNumber?: number;
  /** The newest that any node bears. */
  record?: ViRecord;
  owner?: Reservation;
}

async function readRecords({ site, network, log }: SiteContext): Promise<Map<string, ViRecord>> {
  const newest = new Map<string, ViRecord>();
  const notes = await Promise.allSettled(site.nodes.map(({ name }) => network.readNote(name)));
  for (const note of notes) {
    if (note.status === 'rejected') log.debug({ err: note.reason }, 'note not read');
    else
      for (const [connectionId, text] of Object.entries(note.value.records)) {
        const record = fromRecordText(text);
        const known = newest.get(connectionId);
        if (record?.connectionId === connectionId && (known?.version.version ?? 0) <= record.version.version)
          newest.set(connectionId, record);
      }
  }
  return newest;
}

/** What its record says of it that its owner in the database does not. */
function isNewer({ version }: ViRecord, { committed }: Reservation): boolean {
  return version.version > (committed?.version ?? 0);
}

function deriveState(stray: Omit<Stray, 'state'>, isRestored: boolean, now: Date): OrphanState | undefined {
  const { owner, record, sightings } = stray;
  // What was never built, as far as the database knows, cannot stand.
  if (owner === undefined || !wasEverBuilt(owner.states)) return 'unknown';
  if (!isRestored) return undefined;
  if (record !== undefined && isNewer(record, owner)) return 'newer';
  return sightings.some((sighting) => isOver(owner, sighting, now)) ? 'over' : undefined;
}

export async function findStrays(context: SiteContext): Promise<Stray[]> {
  const [sightings, records, restored] = await Promise.all([
    sightAll(context),
    readRecords(context),
    context.store.restoredDatabase(),
  ]);
  const owners = await findOwners(context, sightings);
  const byNumber = new Map([...records.values()].map((record) => [record.viNumber, record]));
  const idOf = (sighting: Sighting): string => {
    const key = keyOf(sighting);
    if (typeof key === 'string') return key;
    return byNumber.get(key)?.connectionId ?? owners.get(key)?.connectionId ?? `vi-${key}`;
  };
  const now = context.clock.now();
  return [...new Set(sightings.map(idOf))].flatMap((id): Stray[] => {
    const own = sightings.filter((sighting) => idOf(sighting) === id);
    const record = records.get(id);
    const numbers = own.flatMap(({ whose }) => ('viNumber' in whose ? [whose.viNumber] : []));
    const owner = owners.get(id);
    const viNumber = record?.viNumber ?? owner?.viNumber ?? numbers[0];
    const stray = {
      id,
      sightings: own,
      ...(viNumber === undefined ? {} : { viNumber }),
      ...(record === undefined ? {} : { record }),
      ...(owner === undefined ? {} : { owner }),
    };
    const state = deriveState(stray, restored !== undefined, now);
    return state === undefined ? [] : [{ ...stray, state }];
  });
}

function toOrphans({ id, state, sightings, viNumber, record, owner }: Stray, sinceOf: (s: Sighting) => Date): Orphan[] {
  const tenant = record?.tenant ?? owner?.tenant;
  return sightings.map((sighting) => ({
    id,
    state,
    node: sighting.node,
    what: sighting.what,
    seenSince: sinceOf(sighting),
    ...(viNumber === undefined ? {} : { viNumber }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(record === undefined ? {} : { version: record.version.version }),
    ...(record?.version.end === undefined ? {} : { end: record.version.end }),
    adoptable: record !== undefined,
  }));
}

export async function listOrphans(context: SiteContext, call: CallContext): Promise<OrphansView> {
  ensureOperator(call.requester, 'looking at orphans');
  const strays = await findStrays(context);
  const noted = await context.store.noteOrphans(strays.flatMap(({ sightings }) => sightings));
  const keyed = new Map(noted.map(({ node, what, since }) => [`${node} ${what}`, since]));
  const sinceOf = ({ node, what }: Sighting): Date => keyed.get(`${node} ${what}`) ?? context.clock.now();
  const restored = await context.store.restoredDatabase();
  return {
    ...(restored === undefined ? {} : { restored: { since: restored.since, reason: restored.reason } }),
    orphans: strays.flatMap((stray) => toOrphans(stray, sinceOf)),
  };
}

/** The older version is to be built over what stands: what only the newer one has is then known, and goes. */
async function noteNewer({ store }: SiteContext, { id, record, owner }: Stray): Promise<void> {
  if (record === undefined || owner?.committed === undefined) return;
  await store.transaction(async (transaction) => {
    await transaction.lockReservation(id);
    await transaction.insertStanding(id, record.version, 'replaced');
    await transaction.scheduleWork([{ kind: 'reconcile', connectionId: id, runAt: await transaction.now() }]);
  });
}

/** What the database says holds from now on, for every node that answers. Said twice is the same as said once. */
export async function acceptDatabase(context: SiteContext, call: CallContext): Promise<OrphansView> {
  const { site, store, log } = context;
  ensureOperator(call.requester, 'accepting a database');
  const restored = await store.restoredDatabase();
  if (restored !== undefined) {
    for (const stray of await findStrays(context)) if (stray.state === 'newer') await noteNewer(context, stray);
    const nodes = site.nodes.map(({ name }) => name);
    await store.acceptDatabase(call.requester.subject, await readRounds(context, nodes));
    log.warn(
      { by: call.requester.subject, correlationId: call.correlationId, since: restored.since, reason: restored.reason },
      'the restored database was accepted',
    );
    const live = await listToReconcile(context);
    await askForRounds(
      context,
      live.map(({ connectionId }) => connectionId),
    );
  }
  return listOrphans(context, call);
}
