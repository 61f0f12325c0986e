/**
 * Our bridge on one node as its database has it: made, repaired, given its ports, read, and taken away again. Flows and the switch's
 * session are not its business.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { NodeNote, NodeNoteChange } from '../../../domain/ports/network-driver.js';
import type { SiteLease } from '../../../domain/ports/site-lease.js';
import { externalIdKeys } from '../../../domain/vi/mark.js';
import type { Log } from '../../../lib/log.js';
import type { Operation } from '../../../wire/ovsdb/operations.js';
import { fromOptional } from '../../../wire/ovsdb/values.js';
import type { NodePlan } from '../plan/node-plan.js';
import {
  type BridgeSpec,
  type BridgeState,
  deriveBridgeCreation,
  deriveBridgeRemoval,
  deriveBridgeRepair,
  derivePortAdditions,
  derivePortMarks,
  derivePortRemovals,
  inGeneration,
  isOurs,
  type PortState,
  readBridge,
  readGeneration,
  toExternalPort,
  toPatchPort,
  toTunnelPort,
} from './bridge-rows.js';
import { deriveNoteChange, readNote } from './node-note.js';
import type { PeerTrust } from './node-trust.js';
import { createOvsdbClient, type OvsdbClient } from './ovsdb-client.js';
import type { PortNumbers } from './resolve.js';

export interface BridgeTimeouts {
  /** For the database to connect. */
  databaseMs: number;
  /** For the switch to take up a port. */
  portMs: number;
  /** For the port of a VM that has been started to be on the bridge, before we put it there. */
  plugMs: number;
}

export interface NodeBridgeOptions {
  spec: Omit<BridgeSpec, 'controllers' | 'generation'>;
  /** Asked before anything is changed. */
  lease: SiteLease;
  endpoint: string;
  /** Needed where the endpoint is `ssl:`. */
  trust?: PeerTrust | undefined;
  timeouts: BridgeTimeouts;
  log: Log;
  /** A port of our bridge came, went or changed its number; whether it was one that we did not plug in ourselves. */
  onPortsChanged: (isVmPort: boolean) => void;
}

/** Whose ports they are. */
export interface PortOwner {
  connectionId: string;
  version: number;
}

const wantedPorts = (plan: NodePlan) => [
  ...plan.tunnels.map(toTunnelPort),
  ...plan.externalPorts.map(toExternalPort),
  ...plan.patches.map(toPatchPort),
];

const describePorts = (ports: readonly PortState[]): string =>
  ports
    .map(({ name, number }) => `${name}=${number}`)
    .sort()
    .join();

const toPortNumbers = (state: BridgeState): PortNumbers =>
  new Map(state.ports.flatMap(({ name, number }) => (number === undefined ? [] : [[name, number] as const])));

export function createNodeBridge(options: NodeBridgeOptions) {
  const { spec: lasting, lease, timeouts, log, onPortsChanged } = options;
  const { node } = lasting;
  /** As it is now: processes come and go. */
  const specNow = (generation: bigint): BridgeSpec => ({
    ...lasting,
    controllers: lease.controllers(node),
    generation: String(generation),
  });
  let spec: BridgeSpec = specNow(0n);
  /** The generation that our bridge bears: every change holds only as long as it does. */
  let claimed: string | undefined;
  let numbersNow: PortNumbers = new Map();
  let namesNow: ReadonlyMap<number, string> = new Map();
  let ownersNow: ReadonlySet<string> = new Set();
  let lastPorts = { all: '', ofVms: '' };

  const db: OvsdbClient = createOvsdbClient({
    node,
    endpoint: options.endpoint,
    trust: options.trust,
    log,
    onChange: handleChange,
  });

  function bridgeNow(): BridgeState | undefined {
    try {
      return readBridge(db.replica, spec);
    } catch {
      return undefined;
    }
  }

  /** Ours to plug bear the instance's mark and no VI's; the others are a hypervisor's. */
  const isVmPort = ({ name, marks }: PortState): boolean =>
    name !== spec.bridge && (!isOurs(marks, spec.instance) || marks[externalIdKeys.connectionId] !== undefined);

  const toOwners = (ports: readonly PortState[]): ReadonlySet<string> =>
    new Set(
      ports.flatMap(({ marks }) => (isOurs(marks, spec.instance) ? (marks[externalIdKeys.connectionId] ?? []) : [])),
    );

  function handleChange(): void {
    if (!db.isUp()) return;
    const state = bridgeNow();
    numbersNow = state === undefined ? new Map() : toPortNumbers(state);
    namesNow = new Map([...numbersNow].map(([name, number]) => [number, name]));
    const ports = state?.ports ?? [];
    ownersNow = toOwners(ports);
    const found = { all: describePorts(ports), ofVms: describePorts(ports.filter(isVmPort)) };
    const before = lastPorts;
    lastPorts = found;
    if (found.all !== before.all) onPortsChanged(found.ofVms !== before.ofVms);
  }

  async function transact(operations: readonly Operation[]): Promise<void> {
    if (operations.length === 0) return;
    await lease.ensure();
    await db.transact(operations);
  }

  /** Derived from the replica anew if somebody changed the database meanwhile. */
  async function transactDerived(derive: () => readonly Operation[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await transact(derive());
        return;
      } catch (error) {
        const isConflict = error instanceof DriverError && error.errorClass === 'conflict';
        if (!isConflict || attempt === 3) throw error;
      }
    }
  }

  /** Refused by the database itself where another process has claimed the bridge since we did. */
  const transactClaimed = (derive: () => readonly Operation[]): Promise<void> =>
    transactDerived(() => {
      const operations = derive();
      if (operations.length === 0) return [];
      if (claimed === undefined)
        throw new DriverError('transient', node, `bridge '${spec.bridge}' is not this process's to change now`);
      return [inGeneration(spec.bridge, claimed), ...operations];
    });

  /** A bridge may know newer generations than a database from a backup: if the lease is ours, so are they. */
  async function outrun(): Promise<void> {
    const state = bridgeNow();
    const seen = state && readGeneration(state);
    if (seen === undefined || seen <= (lease.generation() ?? 0n)) return;
    if (seen > (await lease.ensure())) await lease.raise(seen);
  }

  async function ensureBridge(): Promise<BridgeState> {
    await db.until(() => true, timeouts.databaseMs, 'its database');
    await outrun();
    await transactDerived(() => {
      spec = specNow(lease.generation() ?? 0n);
      const state = readBridge(db.replica, spec);
      return state === undefined ? deriveBridgeCreation(db.replica, spec) : deriveBridgeRepair(db.replica, spec, state);
    });
    claimed = spec.generation;
    return db.until((replica) => readBridge(replica, spec), timeouts.databaseMs, `bridge '${spec.bridge}'`);
  }

  const stateNow = (): BridgeState => {
    const state = readBridge(db.replica, spec);
    if (state === undefined) throw new DriverError('transient', node, `bridge '${spec.bridge}' is gone`);
    return state;
  };

  async function ensurePorts(plan: NodePlan, owner: PortOwner): Promise<void> {
    await transactClaimed(() => [
      ...derivePortAdditions(db.replica, spec, stateNow(), wantedPorts(plan)),
      ...derivePortMarks(spec, stateNow(), plan.vmPorts, owner),
    ]);
    const own = new Set(wantedPorts(plan).map((port) => port.name));
    const isTakenUp = (port: PortState): boolean => port.number !== undefined || port.error !== undefined;
    const ports = await db.until(
      (replica) => {
        const found = readBridge(replica, spec)?.ports.filter((port) => own.has(port.name));
        return found?.length === own.size && found.every(isTakenUp) ? found : undefined;
      },
      timeouts.portMs,
      'numbers of our ports',
    );
    const refused = ports.find((port) => port.error !== undefined);
    if (refused !== undefined)
      throw new DriverError('conflict', node, `the switch refuses port '${refused.name}': ${refused.error}`);
  }

  /** Those that a hypervisor adds, before its VM is started; what does not come in time is left out, and named by the caller. */
  async function awaitVmPorts({ vmPorts }: NodePlan): Promise<void> {
    const has = (isThere: (port: PortState) => boolean) => (): true | undefined => {
      const there = new Set(
        bridgeNow()
          ?.ports.filter(isThere)
          .map(({ name }) => name),
      );
      return vmPorts.every((name) => there.has(name)) ? true : undefined;
    };
    const isPlugged = has(() => true);
    await db.until(isPlugged, timeouts.plugMs, 'rows of VM ports').catch(() => plugAgain(vmPorts));
    const isTakenUp = has(({ number }) => number !== undefined);
    await db.until(isTakenUp, timeouts.portMs, 'ports of VMs').catch(() => undefined);
  }

  /** VMs that run while somebody took their ports off the bridge: their hypervisor does not notice. Without a device there is no VM. */
  async function plugAgain(vmPorts: readonly string[]): Promise<void> {
    const present = new Set(stateNow().ports.map(({ name }) => name));
    const lost = vmPorts.filter((name) => !present.has(name));
    await transactClaimed(() => derivePortAdditions(db.replica, spec, stateNow(), lost.map(toExternalPort)));
    const plugged = (): PortState[] => stateNow().ports.filter(({ name }) => lost.includes(name));
    const isTried = ({ number, error }: PortState): boolean => number !== undefined || error !== undefined;
    await db.until(() => plugged().every(isTried) || undefined, timeouts.portMs, 'ports of VMs');
    await transactClaimed(() =>
      derivePortRemovals(
        stateNow(),
        plugged().filter(({ error }) => error !== undefined),
      ),
    );
    log.info({ node, ports: lost, found: plugged().map(({ name }) => name) }, 'ports of VMs were not on the bridge');
  }

  /** Tunnels and external ports that no flow takes frames from, and VM ports of ours whose device is gone with their VI. */
  async function removeIdlePorts(
    used: ReadonlySet<number>,
    plan: NodePlan | undefined,
    connectionId: string,
  ): Promise<void> {
    const kept = new Set(plan === undefined ? [] : [...wantedPorts(plan).map((port) => port.name), ...plan.vmPorts]);
    const isIdle = (port: PortState): boolean => {
      if (port.name === spec.bridge || kept.has(port.name) || !isOurs(port.marks, spec.instance)) return false;
      const ofVi = port.marks[externalIdKeys.connectionId];
      if (ofVi !== undefined) return ofVi === connectionId && port.number === undefined;
      return port.number === undefined || !used.has(port.number);
    };
    await transactClaimed(() => derivePortRemovals(stateNow(), stateNow().ports.filter(isIdle)));
  }

  const whenUp = (): Promise<unknown> => db.until(() => true, timeouts.databaseMs, 'its database');

  return {
    /** It stands, and this process may change it without asking whose it is. */
    isClaimed(): boolean {
      const state = db.isUp() ? bridgeNow() : undefined;
      if (state === undefined || claimed === undefined) return false;
      const generation = BigInt(claimed);
      // A claim that was under way may come about after it was given up.
      return generation === lease.generation() && generation === readGeneration(state);
    },
    /** Its database has been read; transient if that does not come about in time. */
    whenUp,
    /** The bridge exists and the switch is told where we are. */
    ensure: ensureBridge,
    /** Tunnels, external ports and patches stand and have numbers. */
    ensurePorts,
    awaitVmPorts,
    /** VM ports bear the mark of their VI. */
    markVmPorts: ({ vmPorts }: NodePlan, owner: PortOwner): Promise<void> =>
      transactClaimed(() => derivePortMarks(spec, stateNow(), vmPorts, owner)),
    removeIdlePorts,
    /** VIs whose mark ports of ours bear, by connection id, as last heard. */
    portOwners: (): ReadonlySet<string> => ownersNow,
    /** As it stands; undefined where it does not, or is not known. */
    now: bridgeNow,
    /** Numbers by name, of the bridge that must be there. */
    numbers: (): PortNumbers => toPortNumbers(stateNow()),
    /** The same; undefined where there is none. */
    numbersIfAny(): PortNumbers | undefined {
      const state = bridgeNow();
      return state === undefined ? undefined : toPortNumbers(state);
    },
    /** As last heard. */
    ports: (): PortNumbers => numbersNow,
    portName: (number: number): string | undefined => namesNow.get(number),
    /** From the replica: no question is sent, and a node that is away is not waited for. */
    readNote(): NodeNote {
      if (!db.isUp()) throw new DriverError('transient', node, 'its database does not answer');
      return readNote(readBridge(db.replica, spec));
    },
    writeNote: (change: NodeNoteChange): Promise<void> => transactClaimed(() => deriveNoteChange(stateNow(), change)),
    /** Whether somebody took away the bridge, or ports of ours that the plan has. */
    isDamaged(plan: NodePlan): boolean {
      if (!db.isUp()) return false;
      const present = new Set(bridgeNow()?.ports.map(({ name }) => name));
      return !present.has(spec.bridge) || wantedPorts(plan).some(({ name }) => !present.has(name));
    },
    async remove(): Promise<void> {
      await whenUp();
      if (readBridge(db.replica, spec) === undefined) return;
      await ensureBridge();
      await transactClaimed(() => {
        const state = readBridge(db.replica, spec);
        return state === undefined ? [] : deriveBridgeRemoval(state);
      });
    },
    /** Another process works here from now on. */
    giveUp(): void {
      claimed = undefined;
    },
    async switchVersion(): Promise<string> {
      await whenUp();
      const [root] = db.replica.rows('Open_vSwitch').values();
      return `Open vSwitch ${fromOptional(root?.ovs_version) ?? 'of unknown version'}`;
    },
    problems(): string[] {
      if (!db.isUp()) {
        const why = db.whyDown();
        return [why === undefined ? 'the database does not answer' : `the database does not answer: ${why}`];
      }
      try {
        const ports = readBridge(db.replica, spec)?.ports ?? [];
        return ports.flatMap(({ name, error }) => (error === undefined ? [] : [`port '${name}': ${error}`]));
      } catch (error) {
        return [(error as Error).message];
      }
    },
    close: (): void => db.close(),
  };
}
