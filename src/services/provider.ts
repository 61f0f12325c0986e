/** The engine as the faces see it: the Provider port on a store and two drivers. Holds no state of its own. */
import { readFileSync } from 'node:fs';
import type { Provider } from '../domain/ports/provider.js';
import { packageFile } from '../lib/package-root.js';
import { withoutSecrets } from './answer.js';
import { explain } from './explain.js';
import { listStps } from './list-stps.js';
import { createModify } from './modify.js';
import { createNodeFacts } from './node-facts.js';
import { createNsiProvider } from './nsi/nsi-provider.js';
import { createOperation } from './operations.js';
import { acceptDatabase, listOrphans } from './orphans.js';
import { getAvailability, getReservation, getSite, listReservations, planReservation } from './queries.js';
import { createReserve } from './reserve.js';
import { resolveOrphan } from './resolve-orphan.js';
import { setNode } from './set-node.js';
import type { SiteContext } from './site-context.js';

const readVersion = (): string =>
  (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;

export function createProvider(context: SiteContext): Provider {
  const facts = createNodeFacts(context.compute, context.clock);
  const version = readVersion();
  return {
    reserve: createReserve(context),
    modify: createModify(context),
    commit: createOperation(context, 'commit', withoutSecrets),
    abort: createOperation(context, 'abort', withoutSecrets),
    provision: createOperation(context, 'provision', withoutSecrets),
    release: createOperation(context, 'release', withoutSecrets),
    terminate: createOperation(context, 'terminate', withoutSecrets),
    getReservation: (call, connectionId) => getReservation(context, call, connectionId),
    listReservations: (call, request) => listReservations(context, call, request),
    listStps: (requester) => listStps(context, requester),
    getSoftwareVersion: () => version,
    getSite: () => getSite(context, facts, version),
    getAvailability: (_call, from, to) => getAvailability(context, from, to),
    explain: (call, connectionId, question) => explain(context, call, connectionId, question),
    setNode: (call, node, action) => setNode(context, call, node, action),
    listOrphans: (call) => listOrphans(context, call),
    resolveOrphan: (call, id, action) => resolveOrphan(context, call, id, action),
    acceptDatabase: (call) => acceptDatabase(context, call),
    planReservation: (call, request) => planReservation(context, call, request),
    nsi: createNsiProvider(context),
  };
}
