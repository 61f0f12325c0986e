/**
 * Stands between rounds and nodes: a database that was restored knows less than the nodes, and by what it does not know nothing must be
 * torn down. Rounds are counted on both sides, in the database before a node is touched and on the node before it is changed; so a node
 * never bears the higher number, unless the database is older than the node.
 */
import { DriverError } from '../domain/errors/driver-error.js';
import type { NodeRound, RestoredDatabase } from '../domain/ports/store.js';
import type { Reservation } from '../domain/reservation/reservation.js';
import { nodesOf, type PlacedVi } from '../domain/vi/placed-vi.js';
import { toViRecord } from '../domain/vi/vi-record.js';
import { toRecordText } from './record-text.js';
import type { SiteContext } from './site-context.js';

export interface RestoreFence {
  /** Compares the database with itself and with every node that answers. Undefined: all is well. */
  look(): Promise<RestoredDatabase | undefined>;
  /** Whether nothing may be done about this reservation: what is known of it is older than the nodes. */
  holdsBack(connectionId: string): Promise<boolean>;
  /**
   * A round is about to act: what it may act with. That touches no VM on a node, and no network of a VI, that has not been found to agree with
   * the database. Undefined: it must not act. `isChange`: it may change something, not only mend it.
   */
  pass(reservation: Reservation, nodes: readonly string[], isChange: boolean): Promise<SiteContext | undefined>;
  /** Nothing of the VI is left on these nodes, and no record is needed there. */
  forget(connectionId: string, nodes: readonly string[]): Promise<void>;
  /** Whether one of these nodes has been found to agree since the start: each round is counted on all nodes of its VI. */
  agrees(nodes: readonly string[]): boolean;
}

/** Numbers that the nodes bear; those that do not answer are left out. */
export async function readRounds({ network, log }: SiteContext, nodes: readonly string[]): Promise<NodeRound[]> {
  const settled = await Promise.allSettled(
    nodes.map(async (node) => ({ node, round: (await network.readNote(node)).round })),
  );
  for (const look of settled) if (look.status === 'rejected') log.debug({ err: look.reason }, 'note not read');
  return settled.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []));
}

const advice =
  'nothing that it knows from before is built or torn down until an operator has run `iris orphans accept-database`';

/** `names`: of all nodes; what is on others fails as it always does. */
function actingOn(context: SiteContext, allowed: ReadonlySet<string>, names: readonly string[]): SiteContext {
  const { compute, network } = context;
  const refuse = (node: string): never => {
    throw new DriverError('transient', node, 'has not been compared with the database yet');
  };
  const ensureAllowed = (node: string): void => {
    if (names.includes(node) && !allowed.has(node)) refuse(node);
  };
  const ensureAnyAllowed = (vi: PlacedVi): void => {
    const nodes = nodesOf([vi]).filter((node) => names.includes(node));
    if (nodes.length > 0 && !nodes.some((node) => allowed.has(node))) refuse(nodes[0]!);
  };
  return {
    ...context,
    compute: {
      ...compute,
      ensure: async (request) => {
        ensureAllowed(request.vm.node);
        return compute.ensure(request);
      },
      run: async (node, ...rest) => {
        ensureAllowed(node);
        return compute.run(node, ...rest);
      },
      remove: async (node, ...rest) => {
        ensureAllowed(node);
        return compute.remove(node, ...rest);
      },
    },
    network: {
      ...network,
      ensure: async (vi) => {
        ensureAnyAllowed(vi);
        return network.ensure(vi);
      },
      remove: async (vi) => {
        ensureAnyAllowed(vi);
        return network.remove(vi);
      },
    },
  };
}

export function createRestoreFence(context: SiteContext): RestoreFence {
  const { site, store, network, log } = context;
  const names = site.nodes.map(({ name }) => name);
  /** Nodes that bore no higher number than the database when they were last compared. */
  const agreeing = new Set<string>();

  async function suspect(reason: string, seen: readonly NodeRound[]): Promise<void> {
    if (await store.suspectRestore(reason, seen)) log.error({ reason }, `the database was restored: ${advice}`);
  }

  /** The nodes are read first: what is counted meanwhile makes the database's number higher, never theirs. */
  async function isBehind(nodes: readonly string[]): Promise<boolean> {
    const seen = await readRounds(context, nodes);
    const known = new Map((await store.nodeRounds()).map(({ node, round }) => [node, round]));
    const ahead = seen.filter(({ node, round }) => round > (known.get(node) ?? 0));
    for (const { node } of seen) agreeing.add(node);
    for (const { node } of ahead) agreeing.delete(node);
    if (ahead.length === 0) return false;
    const numbers = ahead.map(
      ({ node, round }) => `${node} bears round ${round}, the database has ${known.get(node) ?? 0}`,
    );
    await suspect(`the database is older than its nodes: ${numbers.join('; ')}`, seen);
    return true;
  }

  /** Where a node cannot be written to, the round itself will say so. */
  async function write(nodes: readonly string[], change: (node: string) => Parameters<typeof network.writeNote>[1]) {
    await Promise.all(
      nodes.map((node) =>
        network.writeNote(node, change(node)).catch((error) => log.debug({ node, err: error }, 'note not written')),
      ),
    );
  }

  return {
    async look() {
      if (!(await store.isSameDatabase()))
        await suspect(
          'PostgreSQL says that this is another database than before: a dump was restored, or it was moved',
          [],
        );
      await isBehind(names);
      return store.restoredDatabase();
    },

    holdsBack: async (connectionId) => (await store.restoredDatabase(connectionId))?.isOlder === true,

    async pass(reservation, nodes, isChange) {
      const here = nodes.filter((node) => names.includes(node));
      const restored = await store.restoredDatabase(reservation.connectionId);
      if (restored === undefined ? await isBehind(here) : restored.isOlder) return undefined;
      // What was made since is known better here than there, whatever else the nodes bear.
      const reached = restored === undefined ? [] : (await readRounds(context, here)).map(({ node }) => node);
      const allowed = new Set([...here.filter((node) => agreeing.has(node)), ...reached]);
      const record = toViRecord(reservation);
      const records = record === undefined ? {} : { [reservation.connectionId]: toRecordText(record) };
      // Not for nodes that have not been compared: the database's number would overtake theirs.
      const rounds = isChange && allowed.size > 0 ? await store.countRound([...allowed]) : [];
      const roundOf = new Map(rounds.map(({ node, round }) => [node, round]));
      await write(here, (node) => ({ round: roundOf.get(node), records }));
      return actingOn(context, allowed, names);
    },

    forget: (connectionId, nodes) =>
      write(
        nodes.filter((node) => names.includes(node)),
        () => ({ records: { [connectionId]: undefined } }),
      ),

    agrees: (nodes) => nodes.some((node) => agreeing.has(node)),
  };
}
