/** The port's transaction, bound to one TypeORM transaction. */
import type { EntityManager } from 'typeorm';
import type { StoreTransaction } from '../domain/ports/store.js';
import { cancelWork, scheduleWork } from './due-work.js';
import { commitVersion, dropAllocations, dropVersion, holdVersion } from './holds.js';
import { peakLoad, takenLabels, tenantPeak } from './loads.js';
import { abandonCallback, queueCallback } from './outbox.js';
import { answerRequest, claimRequest } from './requests.js';
import { findReservation, insertReservation, lockReservation, nextViNumber, patchReservation } from './reservations.js';
import { recordTransitions } from './transitions.js';

async function readClock(manager: EntityManager): Promise<Date> {
  const [{ now }] = await manager.query('SELECT clock_timestamp() AS now');
  return now;
}

export const toStoreTransaction = (manager: EntityManager): StoreTransaction => ({
  now: () => readClock(manager),
  claimRequest: (identity) => claimRequest(manager, identity),
  answerRequest: (identity, answer) => answerRequest(manager, identity, answer),
  nextViNumber: () => nextViNumber(manager),
  insertReservation: (reservation) => insertReservation(manager, reservation),
  lockReservation: (connectionId) => lockReservation(manager, connectionId),
  findReservation: (connectionId) => findReservation(manager, connectionId),
  patchReservation: (connectionId, patch) => patchReservation(manager, connectionId, patch),
  holdVersion: (connectionId, version, holdExpires, setAsideFrom) =>
    holdVersion(manager, connectionId, version, holdExpires, setAsideFrom),
  commitVersion: (connectionId, version, before) => commitVersion(manager, connectionId, version, before),
  dropVersion: (connectionId, version) => dropVersion(manager, connectionId, version),
  dropAllocations: (connectionId) => dropAllocations(manager, connectionId),
  peakLoad: (from, to, except) => peakLoad(manager, from, to, except),
  takenLabels: (from, to, except) => takenLabels(manager, from, to, except),
  tenantPeak: (tenant, from, to, except) => tenantPeak(manager, tenant, from, to, except),
  recordTransitions: (transitions, messages) => recordTransitions(manager, transitions, messages),
  queueCallback: (callback) => queueCallback(manager, callback),
  abandonCallback: (worker, callback, reason) => abandonCallback(manager, worker, callback, reason),
  scheduleWork: (work) => scheduleWork(manager, work),
  cancelWork: (connectionId, kinds) => cancelWork(manager, connectionId, kinds),
});
