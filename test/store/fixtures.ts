/** What the store's tests write into it: small, valid, and different where the test says so. */
import { randomUUID } from 'node:crypto';
import type { NewReservation, Store, StoreTransaction } from '../../src/domain/ports/store.js';
import type { NodeCapacity, ReservationVersion } from '../../src/domain/reservation/reservation.js';
import type { PlacedExternalPort, PlacedVi, PlacedVm } from '../../src/domain/vi/placed-vi.js';
import { silentLog } from '../../src/lib/log.js';
import { createStore } from '../../src/store/create-store.js';
import { testDatabase } from '../support/postgres.js';

const nodes: NodeCapacity[] = [
  { node: 'n1', cpus: 8, memoryMiB: 8192, diskGiB: 100 },
  { node: 'n2', cpus: 8, memoryMiB: 8192, diskGiB: 100 },
];

/** A store on a database of its own, with both nodes, closed after the test. */
export async function storeWithNodes(context: Mocha.Context & { cleanUp?: (() => Promise<void>)[] }) {
  const url = await testDatabase();
  const store = await createStore({ url, log: silentLog, poolSize: 5 });
  context.cleanUp ??= [];
  context.cleanUp.push(() => store.close());
  await store.syncNodes(nodes);
  return { url, store };
}

export async function cleanUp(this: Mocha.Context & { cleanUp?: (() => Promise<void>)[] }): Promise<void> {
  for (const step of this.cleanUp?.splice(0).reverse() ?? []) await step();
}

export const at = (hours: number): Date => new Date(Date.UTC(2030, 0, 1) + hours * 3_600_000);

export const newReservation = (viNumber: number, changes: Partial<NewReservation> = {}): NewReservation => ({
  connectionId: randomUUID(),
  viNumber,
  tenant: 'alpha',
  requester: 'alice',
  autoProvision: true,
  terminateOnRelease: true,
  states: {
    reservation: 'ReserveChecking',
    lifecycle: 'Created',
    dataPlane: { active: false, version: 0, consistent: true },
  },
  ...changes,
});

export interface Wanted {
  version?: number;
  key?: number;
  start?: Date;
  end?: Date | undefined;
  /** Node → CPUs of one VM there. */
  cpus?: Record<string, number>;
  externalPorts?: PlacedExternalPort[];
  mac?: string;
}

const toVm = (index: number, node: string, cpus: number, mac?: string): PlacedVm => ({
  name: `vm-${index}`,
  node,
  cpus,
  memoryMiB: 512,
  diskGiB: 4,
  image: 'guest',
  nested: true,
  nics: [
    {
      mac: mac ?? `52:54:00:00:00:${index.toString(16).padStart(2, '0')}`,
      ip: `10.0.0.${index + 1}`,
      prefixLength: 24,
      portName: `iris1-${index}`,
    },
  ],
  userData: '#cloud-config with-a-secret',
});

export function versionOf(reservation: NewReservation, wanted: Wanted = {}): ReservationVersion {
  const { version = 1, key = 100, start = at(0), cpus = { n1: 1 }, externalPorts = [] } = wanted;
  const end = 'end' in wanted ? wanted.end : at(10);
  const placed: PlacedVi = {
    connectionId: reservation.connectionId,
    version,
    tenant: reservation.tenant,
    viNumber: reservation.viNumber,
    segment: { key, encapsulation: 'gre' },
    vms: Object.entries(cpus).map(([node, count], index) => toVm(index, node, count, wanted.mac)),
    externalPorts,
    peers: [],
    hosts: [],
  };
  return {
    version,
    criteria: {
      schedule: { start, ...(end === undefined ? {} : { end }) },
      segment: placed.segment,
      vms: [],
      externalPorts: externalPorts.map(({ name, vlans }) => ({ name, vlans })),
      peers: [],
      hosts: [],
    },
    placed,
    start,
    ...(end === undefined ? {} : { end }),
    state: 'held',
  };
}

/** Reserves within a transaction: the row and its first held version. */
export async function hold(transaction: StoreTransaction, wanted: Wanted = {}, changes: Partial<NewReservation> = {}) {
  const reservation = newReservation(await transaction.nextViNumber(), changes);
  await transaction.insertReservation(reservation);
  await transaction.holdVersion(reservation.connectionId, versionOf(reservation, wanted), at(1));
  return reservation;
}

export const holdInStore = (store: Store, wanted: Wanted = {}, changes: Partial<NewReservation> = {}) =>
  store.transaction((transaction) => hold(transaction, wanted, changes));
