/** The port's transaction, bound to the session of one. */
import type { CallbackTaker, StoreTransaction } from '../domain/ports/store.js';
import { scheduleWork } from './due-work.js';
import { insertForgotten, insertStanding } from './forgotten.js';
import { commitVersion, dropAllocations, dropVersion, holdVersion } from './holds.js';
import { peakLoad, takenLabels, tenantPeak } from './loads.js';
import { abandonCallback, queueCallback } from './outbox.js';
import { answerRequest, claimRequest } from './requests.js';
import { findReservation, insertReservation, lockReservation, nextViNumber } from './reservations.js';
import type { Session, Statement } from './session.js';
import { recordTurn } from './turns.js';

const clock: Statement = { name: 'read clock', text: 'SELECT clock_timestamp() AS now' };

async function readClock(session: Session): Promise<Date> {
  const [row] = await session.run<{ now: Date }>(clock);
  return row!.now;
}

/** `taker`: whoever is offered what turns queue. */
export const toStoreTransaction = (session: Session, taker: CallbackTaker | undefined): StoreTransaction => ({
  onEnd: (listener) => session.onEnd(listener),
  now: () => readClock(session),
  claimRequest: (identity) => claimRequest(session, identity),
  answerRequest: async (identity, answer) => answerRequest(session, identity, answer),
  nextViNumber: () => nextViNumber(session),
  insertReservation: async (reservation) => insertReservation(session, reservation),
  insertForgotten: (reservation) => insertForgotten(session, reservation),
  insertStanding: (connectionId, version, state) => insertStanding(session.manager, connectionId, version, state),
  lockReservation: (connectionId) => lockReservation(session, connectionId),
  findReservation: (connectionId) => findReservation(session.manager, connectionId),
  recordTurn: async (connectionId, turn) => recordTurn(session, connectionId, turn, taker),
  holdVersion: (connectionId, version, holdExpires, setAsideFrom) =>
    holdVersion(session, connectionId, version, holdExpires, setAsideFrom),
  commitVersion: (connectionId, version, before) => commitVersion(session, connectionId, version, before),
  dropVersion: async (connectionId, version) => dropVersion(session, connectionId, version),
  dropAllocations: async (connectionId) => dropAllocations(session, connectionId),
  peakLoad: (from, to, except) => peakLoad(session, from, to, except),
  takenLabels: (from, to, except) => takenLabels(session, from, to, except),
  tenantPeak: (tenant, from, to, except) => tenantPeak(session, tenant, from, to, except),
  queueCallback: (callback) => queueCallback(session.manager, callback),
  abandonCallback: (worker, callback, reason) => abandonCallback(session.manager, worker, callback, reason),
  scheduleWork: async (work) => scheduleWork(session, work),
});
