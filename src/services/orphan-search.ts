/**
 * Compares what bears our mark on the nodes with what the database says is over, and where it places the rest. What is known to be over, or
 * stands where no version places it, is torn down again; what the database does not know is only reported; and a round that would tear down
 * suspiciously many does nothing but say so.
 */

import { deriveAim } from '../domain/reservation/aim.js';
import type { Reservation } from '../domain/reservation/reservation.js';
import { wasEverBuilt } from '../domain/reservation/step.js';
import type { SiteContext } from './site-context.js';
import { isAstray, type StrayVm } from './strays.js';

export interface Quarantined {
  node: string;
  what: string;
}

export interface OrphanReport {
  /** Over, or astray, and still standing somewhere: to be reconciled. */
  leftovers: string[];
  /** Where no version of their reservation places them. */
  strays: StrayVm[];
  quarantined: Quarantined[];
  /** More of them than one round may remove, though their removal was thought to be finished. */
  tooMany: boolean;
}

/** What stands on one node, by whom it belongs to; `disksOnly` says that no more than a disk is left of it. */
export interface Sighting {
  node: string;
  /** The VM that it is, or was. */
  vmName?: string;
  whose: { connectionId: string } | { viNumber: number };
  what: string;
  disksOnly: boolean;
}

async function sightCompute({ compute }: SiteContext, node: string): Promise<Sighting[]> {
  const [domains, disks] = await Promise.all([compute.observe(node), compute.observeDisks(node)]);
  return [
    ...domains.map(({ mark, domainName, vmName }) => ({
      node,
      vmName,
      whose: { connectionId: mark.connectionId },
      what: `domain ${domainName}`,
      disksOnly: false,
    })),
    ...disks.map(({ connectionId, vmName }) => ({
      node,
      vmName,
      whose: { connectionId },
      what: `disk of VM ${vmName} of ${connectionId}`,
      disksOnly: true,
    })),
  ];
}

async function sightNetwork({ network }: SiteContext, node: string): Promise<Sighting[]> {
  const { viNumbers, ofPorts } = await network.observe(node);
  return [
    ...viNumbers.map((viNumber) => ({
      node,
      whose: { viNumber },
      what: `flows or ports of VI number ${viNumber}`,
      disksOnly: false,
    })),
    ...ofPorts.map((connectionId) => ({
      node,
      whose: { connectionId },
      what: `ports of ${connectionId}`,
      disksOnly: false,
    })),
  ];
}

/** A node that does not answer shows nothing this time. */
async function settleLooks({ log }: SiteContext, looks: readonly Promise<Sighting[]>[]): Promise<Sighting[]> {
  const settled = await Promise.allSettled(looks);
  for (const look of settled) if (look.status === 'rejected') log.debug({ err: look.reason }, 'node not seen');
  return settled.flatMap((look) => (look.status === 'fulfilled' ? look.value : []));
}

export const sightAll = (context: SiteContext): Promise<Sighting[]> =>
  settleLooks(
    context,
    context.site.nodes.flatMap(({ name, compute }) => [
      ...(compute === undefined ? [] : [sightCompute(context, name)]),
      sightNetwork(context, name),
    ]),
  );

export const keyOf = ({ whose }: Sighting): string | number =>
  'connectionId' in whose ? whose.connectionId : whose.viNumber;

const pageSize = 500;

export async function findOwners(
  { store }: SiteContext,
  sightings: readonly Sighting[],
): Promise<Map<string | number, Reservation>> {
  const keys = [...new Set(sightings.map(keyOf))];
  const owners = new Map<string | number, Reservation>();
  for (let at = 0; at < keys.length; at += pageSize) {
    const batch = keys.slice(at, at + pageSize);
    const connectionIds = batch.filter((key) => typeof key === 'string');
    const viNumbers = batch.filter((key) => typeof key === 'number');
    const page = { limit: pageSize };
    const found = [
      ...(connectionIds.length > 0 ? (await store.listReservations({ connectionIds }, page)).reservations : []),
      ...(viNumbers.length > 0 ? (await store.listReservations({ viNumbers }, page)).reservations : []),
    ];
    for (const reservation of found) {
      owners.set(reservation.connectionId, reservation);
      owners.set(reservation.viNumber, reservation);
    }
  }
  return owners;
}

export function isOver(owner: Reservation, sighting: Sighting, now: Date): boolean {
  const aim = deriveAim(owner, now);
  if (aim.kind !== 'down') return false;
  return aim.disk === 'erase' || !sighting.disksOnly;
}

const isBeingRemoved = ({ states }: Reservation): boolean =>
  states.lifecycle === 'Terminating' || states.provision === 'Releasing';

const toVm = ({ node, vmName, whose }: Sighting): StrayVm | undefined =>
  vmName === undefined || !('connectionId' in whose) ? undefined : { node, vmName, connectionId: whose.connectionId };

function isStray(sighting: Sighting, owners: ReadonlyMap<string | number, Reservation>): boolean {
  const vm = toVm(sighting);
  const owner = owners.get(keyOf(sighting));
  return vm !== undefined && owner !== undefined && wasEverBuilt(owner.states) && isAstray(vm, owner);
}

/**
 * Between a look at a slow node and the question whose that is, a VI may have been moved by a modification. So what is suspected is looked at
 * again, between two such questions.
 */
async function confirmStrays(context: SiteContext, suspected: readonly Sighting[]): Promise<StrayVm[]> {
  if (suspected.length === 0) return [];
  const before = await findOwners(context, suspected);
  const nodes = [...new Set(suspected.map(({ node }) => node))];
  const seen = await settleLooks(
    context,
    nodes.map((node) => sightCompute(context, node)),
  );
  const after = await findOwners(context, seen);
  return seen.filter((sighting) => isStray(sighting, before) && isStray(sighting, after)).flatMap((s) => toVm(s) ?? []);
}

/** Looks; changes nothing. */
export async function searchOrphans(context: SiteContext): Promise<OrphanReport> {
  const sightings = await sightAll(context);
  const owners = await findOwners(context, sightings);
  const now = context.clock.now();
  const leftovers = new Set<string>();
  const unexpected = new Set<string>();
  const quarantined: Quarantined[] = [];
  for (const sighting of sightings) {
    const owner = owners.get(keyOf(sighting));
    if (owner === undefined || !wasEverBuilt(owner.states))
      quarantined.push({ node: sighting.node, what: sighting.what });
    else if (isOver(owner, sighting, now)) {
      leftovers.add(owner.connectionId);
      if (!isBeingRemoved(owner)) unexpected.add(owner.connectionId);
    }
  }
  const strays = await confirmStrays(
    context,
    sightings.filter((sighting) => isStray(sighting, owners)),
  );
  for (const { connectionId } of strays) {
    leftovers.add(connectionId);
    unexpected.add(connectionId);
  }
  return {
    ...{ leftovers: [...leftovers], strays, quarantined },
    tooMany: unexpected.size > context.site.reservations.removalLimit,
  };
}
