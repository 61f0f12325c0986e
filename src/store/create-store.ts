/** The store: the port of the domain, on a PostgreSQL whose schema is that of this version (see migrate.ts). */
import type { DataSource } from 'typeorm';
import type { CallbackTaker, Store } from '../domain/ports/store.js';
import type { Log } from '../lib/log.js';
import { cordonNode, listCordons, listNodeHolders } from './cordons.js';
import { createDataSource } from './data-source.js';
import { claimWork, finishWork, nextDue, renewWork, retryWork } from './due-work.js';
import { listNotifications, listResults } from './message-records.js';
import { readSchemaState, refuseNewer } from './migrate.js';
import { siteInstance, syncNodes } from './nodes.js';
import { claimCallbacks, deliverCallbacks, nextCallbackMs, retryCallback, returnCallbacks } from './outbox.js';
import { pruneHistory, pruneMessages, pruneRequests } from './pruning.js';
import { pruneRefusedIdentities, recordRefusedIdentities } from './refused-identities.js';
import { forgetRegistry, loadRegistries, loadRegistry, saveRegistry } from './registry.js';
import { countReservations, findReservation, listLive, listReservations } from './reservations.js';
import {
  acceptDatabase,
  countRound,
  isSameDatabase,
  nodeRounds,
  noteOrphans,
  restoredDatabase,
  suspectRestore,
} from './restores.js';
import { toStoreTransaction } from './store-transaction.js';
import { syncStps } from './stps.js';
import { runTransaction } from './transactions.js';
import { readHistory } from './transitions.js';
import { startWorkListener } from './work-listener.js';

export interface StoreOptions {
  /** `postgres://…`, of the site's own database. */
  url: string;
  log: Log;
  /** Sessions at most, beside one that listens for work. */
  poolSize?: number;
  /** How long a session, or a lock, is waited for: 10 s unless said. What waits longer is refused. */
  waitMs?: number;
}

async function refuseOtherSchema(dataSource: DataSource): Promise<void> {
  const state = await readSchemaState(dataSource);
  refuseNewer(state);
  if (state.pending.length > 0)
    throw new Error(`the database lacks ${state.pending.join(', ')}: run \`iris migrate\` first`);
}

async function ping(dataSource: DataSource) {
  const started = performance.now();
  const tookMs = () => Math.round(performance.now() - started);
  try {
    await dataSource.query('SELECT 1');
    return { ok: true, tookMs: tookMs() };
  } catch (error) {
    return { ok: false, tookMs: tookMs(), error: error instanceof Error ? error.message : String(error) };
  }
}

export async function createStore({ url, log, poolSize, waitMs }: StoreOptions): Promise<Store> {
  const dataSource = createDataSource({ url, log, poolSize, waitMs });
  await dataSource.initialize();
  const listener = await refuseOtherSchema(dataSource)
    .then(() => startWorkListener(url, log))
    .catch(async (error) => {
      await dataSource.destroy();
      throw error;
    });
  const { manager } = dataSource;
  let taker: CallbackTaker | undefined;
  return {
    syncNodes: (nodes) => syncNodes(manager, nodes),
    syncStps: (stps) => syncStps(manager, stps),
    cordonNode: (node, by) => cordonNode(manager, node, by),
    listCordons: () => listCordons(manager),
    listNodeHolders: (node) => listNodeHolders(manager, node),
    instance: () => siteInstance(manager),
    isSameDatabase: () => isSameDatabase(manager),
    suspectRestore: (reason, seen) => suspectRestore(manager, reason, seen),
    restoredDatabase: (connectionId) => restoredDatabase(manager, connectionId),
    nodeRounds: () => nodeRounds(manager),
    countRound: (nodes) => countRound(manager, nodes),
    acceptDatabase: (by, seen) => acceptDatabase(manager, by, seen),
    noteOrphans: (seen) => noteOrphans(manager, seen),
    transaction: (work) => runTransaction(dataSource, log, (session) => work(toStoreTransaction(session, taker))),
    findReservation: (connectionId) => findReservation(manager, connectionId),
    listReservations: (filter, page) => listReservations(manager, filter, page),
    countReservations: () => countReservations(manager),
    listLive: () => listLive(manager),
    history: (connectionId) => readHistory(manager, connectionId),
    claimWork: (worker, limit, leaseMs, kinds) => claimWork(manager, worker, limit, leaseMs, kinds),
    finishWork: (worker, work) => finishWork(manager, worker, work),
    retryWork: (worker, work, runAt) => retryWork(manager, worker, work, runAt),
    renewWork: (worker, work, leaseMs) => renewWork(manager, worker, work, leaseMs),
    nextDue: (kinds) => nextDue(manager, kinds),
    onWork: (handler) => listener.on('due_work', handler),
    notifications: (connectionId, range) => listNotifications(manager, connectionId, range),
    results: (connectionId, range) => listResults(manager, connectionId, range),
    claimCallbacks: (worker, room, leaseMs) => claimCallbacks(dataSource, worker, room, leaseMs),
    deliverCallbacks: (worker, ids) => deliverCallbacks(dataSource, worker, ids),
    retryCallback: (worker, id, afterMs, reason) => retryCallback(dataSource, worker, id, afterMs, reason),
    nextCallbackMs: () => nextCallbackMs(dataSource),
    returnCallbacks: (worker, ids) => returnCallbacks(dataSource, worker, ids),
    handCallbacksTo: (given) => {
      taker = given;
    },
    onCallback: (handler) => listener.on('outbox', handler),
    saveRegistry: (connectionId, entries) => saveRegistry(manager, connectionId, entries),
    loadRegistry: (connectionId) => loadRegistry(manager, connectionId),
    loadRegistries: (connectionIds) => loadRegistries(manager, connectionIds),
    forgetRegistry: (connectionId) => forgetRegistry(manager, connectionId),
    pruneHistory: (days, most) => pruneHistory(manager, days, most),
    pruneRequests: (days, most) => pruneRequests(manager, days, most),
    pruneMessages: (days, most) => pruneMessages(manager, days, most),
    recordRefusedIdentities: (refused) => recordRefusedIdentities(manager, refused),
    pruneRefusedIdentities: (days, most) => pruneRefusedIdentities(manager, days, most),
    ping: () => ping(dataSource),
    close: async () => {
      await listener.close();
      await dataSource.destroy();
    },
  };
}
