/**
 * Our bridge and its ports as database rows: what is there, and the operations that lead from there to what should be. Pure on
 * the replica. Every operation that relies on what the replica said is guarded by a `wait`, so that whoever was faster is noticed.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import { externalIdKeys } from '../../../domain/vi/mark.js';
import { hasName, hasUuid, type Operation } from '../../../wire/ovsdb/operations.js';
import {
  fromMap,
  fromOptional,
  fromUuidSet,
  type OvsdbRow,
  toMap,
  toNamedUuid,
  toSet,
  toUuid,
} from '../../../wire/ovsdb/values.js';
import type { PatchPort } from '../plan/join-ports.js';
import { tables } from '../plan/pipeline.js';
import type { Tunnel } from '../plan/tunnel.js';
import type { Replica } from './ovsdb-replica.js';

export interface BridgeSpec {
  node: string;
  bridge: string;
  instance: string;
  datapathId: string;
  datapathType: 'system' | 'netdev';
  /** Targets of the Controller rows: one for each Iris process of the site. */
  controllers: readonly string[];
  /** Of the site's lease: goes onto the bridge, so that whoever has an older one is refused by the database. */
  generation: string;
}

export interface PortState {
  uuid: string;
  name: string;
  /** Of the Port row. */
  marks: Record<string, string>;
  interfaceUuid: string | undefined;
  type: string;
  /** Undefined until the switch has the port; the switch's own words if it refuses it. */
  number: number | undefined;
  error: string | undefined;
}

export interface BridgeState {
  uuid: string;
  row: OvsdbRow;
  ports: PortState[];
}

const mark = (spec: BridgeSpec): Record<string, string> => ({ [externalIdKeys.instance]: spec.instance });

export const isOurs = (marks: Record<string, string>, instance: string): boolean =>
  marks[externalIdKeys.instance] === instance;

function toPortState(replica: Replica, uuid: string): PortState[] {
  const port = replica.rows('Port').get(uuid);
  if (port === undefined) return [];
  const interfaceUuid = fromUuidSet(port.interfaces)[0];
  const row = interfaceUuid === undefined ? undefined : replica.rows('Interface').get(interfaceUuid);
  const number = fromOptional(row?.ofport);
  const error = fromOptional(row?.error);
  return [
    {
      uuid,
      name: String(port.name),
      marks: fromMap(port.external_ids),
      interfaceUuid,
      type: String(row?.type ?? ''),
      number: typeof number === 'number' && number > 0 ? number : undefined,
      error: number === -1 ? String(error ?? 'no reason given') : undefined,
    },
  ];
}

/** Our bridge as it is. Undefined: there is none. A bridge of that name that bears another mark is nothing to us: conflict. */
export function readBridge(replica: Replica, spec: BridgeSpec): BridgeState | undefined {
  const found = replica.find('Bridge', spec.bridge);
  if (found === undefined) return undefined;
  if (!isOurs(fromMap(found.row.external_ids), spec.instance))
    throw new DriverError('conflict', spec.node, `bridge '${spec.bridge}' exists and is not of this Iris`);
  const ports = fromUuidSet(found.row.ports).flatMap((uuid) => toPortState(replica, uuid));
  return { uuid: found.uuid, row: found.row, ports };
}

const wantedColumns = (spec: BridgeSpec): OvsdbRow => ({
  datapath_type: spec.datapathType,
  fail_mode: 'secure',
  protocols: 'OpenFlow13',
});

const wantedController = (spec: BridgeSpec, target: string): OvsdbRow => ({
  target,
  connection_mode: 'out-of-band',
  max_backoff: 1000,
  external_ids: toMap(mark(spec)),
});

/** Seen by every transaction that changes which bridges or ports there are. */
const noSuchRow = (table: string, name: string): Operation => ({
  op: 'wait',
  timeout: 0,
  table,
  where: [hasName(name)],
  columns: ['name'],
  until: '==',
  rows: [],
});

/** Names of our tables, for `ovs-ofctl --names`. */
const tableNames = Object.entries(tables).map(([name, number]) => ({ name, number, row: `table_${name}` }));
const tableRows: Operation[] = tableNames.map(({ name, row }) => ({
  op: 'insert',
  table: 'Flow_Table',
  'uuid-name': row,
  row: { name },
}));
const tableMap = ['map', tableNames.map(({ number, row }) => [number, toNamedUuid(row)] as const)] as const;

/** Holds a transaction back where the bridge has been claimed in another generation since: the database looks when it commits. */
export const inGeneration = (bridge: string, generation: string): Operation => ({
  op: 'wait',
  timeout: 0,
  table: 'Bridge',
  where: [hasName(bridge), ['external_ids', 'includes', toMap({ [externalIdKeys.generation]: generation })]],
  columns: ['name'],
  until: '==',
  rows: [{ name: bridge }],
});

/** The same where it was claimed in none: it bears still what it bore. */
const inNoGeneration = (bridge: string, { row }: BridgeState): Operation => ({
  op: 'wait',
  timeout: 0,
  table: 'Bridge',
  where: [hasName(bridge)],
  columns: ['external_ids'],
  until: '==',
  rows: [{ external_ids: row.external_ids! }],
});

const controllerName = (index: number): string => `controller${index}`;

const toControllerInsertions = (spec: BridgeSpec, targets: readonly string[]): Operation[] =>
  targets.map((target, index) => ({
    op: 'insert',
    table: 'Controller',
    'uuid-name': controllerName(index),
    row: wantedController(spec, target),
  }));

/** Those that are as they should be stay: their connections do. */
function deriveControllerRepair(replica: Replica, spec: BridgeSpec, state: BridgeState): Operation[] {
  const present = fromUuidSet(state.row.controller);
  const isRight = (uuid: string, index: number, all: readonly string[]): boolean => {
    const row = replica.rows('Controller').get(uuid);
    const isFirst = all.findIndex((other) => replica.rows('Controller').get(other)?.target === row?.target) === index;
    return (
      isFirst && spec.controllers.includes(String(row?.target)) && fromOptional(row?.connection_mode) === 'out-of-band'
    );
  };
  const kept = present.filter(isRight);
  const targets = kept.map((uuid) => replica.rows('Controller').get(uuid)?.target);
  const missing = spec.controllers.filter((target) => !targets.includes(target));
  if (kept.length === present.length && missing.length === 0) return [];
  const controller = toSet([...kept.map(toUuid), ...missing.map((_, index) => toNamedUuid(controllerName(index)))]);
  return [
    ...toControllerInsertions(spec, missing),
    { op: 'update', table: 'Bridge', where: [hasUuid(toUuid(state.uuid))], row: { controller } },
  ];
}

/** Of the lease in which the bridge was claimed last; undefined: in none, or somebody wrote there what is no generation. */
export function readGeneration(state: BridgeState): bigint | undefined {
  const generation = fromMap(state.row.external_ids)[externalIdKeys.generation];
  return generation !== undefined && /^(?:0|[1-9]\d*)$/.test(generation) ? BigInt(generation) : undefined;
}

/** The bridge is ours in our generation. */
function deriveClaim(spec: BridgeSpec, state: BridgeState): Operation[] {
  if (readGeneration(state) === BigInt(spec.generation)) return [];
  return [
    {
      op: 'mutate',
      table: 'Bridge',
      where: [hasUuid(toUuid(state.uuid))],
      mutations: [
        ['external_ids', 'delete', toSet([externalIdKeys.generation])],
        ['external_ids', 'insert', toMap({ [externalIdKeys.generation]: spec.generation })],
      ],
    },
  ];
}

/** The switch reads the datapath id and the controller of one transaction in that order, so it connects with the right id. */
export function deriveBridgeCreation(replica: Replica, spec: BridgeSpec): Operation[] {
  const marks = toMap(mark(spec));
  const [root] = replica.rows('Open_vSwitch').keys();
  return [
    noSuchRow('Bridge', spec.bridge),
    {
      op: 'insert',
      table: 'Interface',
      'uuid-name': 'iface',
      row: { name: spec.bridge, type: 'internal', external_ids: marks },
    },
    {
      op: 'insert',
      table: 'Port',
      'uuid-name': 'port',
      row: { name: spec.bridge, interfaces: toNamedUuid('iface'), external_ids: marks },
    },
    ...toControllerInsertions(spec, spec.controllers),
    ...tableRows,
    {
      op: 'insert',
      table: 'Bridge',
      'uuid-name': 'bridge',
      row: {
        name: spec.bridge,
        ...wantedColumns(spec),
        other_config: toMap({ 'datapath-id': spec.datapathId }),
        ports: toNamedUuid('port'),
        controller: toSet(spec.controllers.map((_, index) => toNamedUuid(controllerName(index)))),
        flow_tables: tableMap,
        external_ids: toMap({ ...mark(spec), [externalIdKeys.generation]: spec.generation }),
      },
    },
    {
      op: 'mutate',
      table: 'Open_vSwitch',
      where: root === undefined ? [] : [hasUuid(toUuid(root))],
      mutations: [['bridges', 'insert', toNamedUuid('bridge')]],
    },
    { op: 'mutate', table: 'Open_vSwitch', where: [], mutations: [['next_cfg', '+=', 1]] },
    { op: 'comment', comment: `iris: bridge ${spec.bridge}` },
  ];
}

/**
 * Brings a bridge of ours back to what it should be, after somebody, an older site file or another process had it otherwise. It holds only if the
 * bridge is still claimed by whom it was. Throws DriverError transient where that is somebody newer than us.
 */
export function deriveBridgeRepair(replica: Replica, spec: BridgeSpec, state: BridgeState): Operation[] {
  const claimed = readGeneration(state);
  if (claimed !== undefined && claimed > BigInt(spec.generation))
    throw new DriverError(
      'transient',
      spec.node,
      `bridge '${spec.bridge}' is another process's, in generation ${claimed}`,
    );
  const operations: Operation[] = deriveClaim(spec, state);
  const here = [hasUuid(toUuid(state.uuid))];
  const wanted = wantedColumns(spec);
  if (Object.entries(wanted).some(([column, value]) => fromOptional(state.row[column]) !== value))
    operations.push({ op: 'update', table: 'Bridge', where: here, row: wanted });
  const config = fromMap(state.row.other_config);
  if (config['datapath-id'] !== spec.datapathId)
    operations.push({
      op: 'update',
      table: 'Bridge',
      where: here,
      row: { other_config: toMap({ ...config, 'datapath-id': spec.datapathId }) },
    });
  // An earlier Iris had other tables.
  if (Object.keys(fromMap(state.row.flow_tables)).join() !== Object.values(tables).join())
    operations.push(...tableRows, { op: 'update', table: 'Bridge', where: here, row: { flow_tables: tableMap } });
  operations.push(...deriveControllerRepair(replica, spec, state));
  if (operations.length === 0) return [];
  const guard = claimed === undefined ? inNoGeneration(spec.bridge, state) : inGeneration(spec.bridge, String(claimed));
  return [guard, ...operations, { op: 'comment', comment: `iris: bridge ${spec.bridge} as it should be` }];
}

export interface WantedPort {
  name: string;
  interface: OvsdbRow;
}

export const toTunnelPort = (tunnel: Tunnel): WantedPort => ({
  name: tunnel.portName,
  interface: {
    type: tunnel.encapsulation,
    options: toMap({ key: 'flow', local_ip: tunnel.localIp, remote_ip: tunnel.remoteIp }),
  },
});

export const toExternalPort = (name: string): WantedPort => ({ name, interface: {} });

export const toPatchPort = ({ portName, peer }: PatchPort): WantedPort => ({
  name: portName,
  interface: { type: 'patch', options: toMap({ peer }) },
});

/** Adds the ports that the bridge lacks. A port of that name on a bridge of others is left to them: conflict. */
export function derivePortAdditions(
  replica: Replica,
  spec: BridgeSpec,
  state: BridgeState,
  wanted: readonly WantedPort[],
): Operation[] {
  const present = new Set(state.ports.map((port) => port.name));
  const missing = wanted.filter((port) => !present.has(port.name));
  if (missing.length === 0) return [];
  const marks = toMap(mark(spec));
  const operations = missing.flatMap((port, index): Operation[] => {
    if (replica.find('Port', port.name) !== undefined)
      throw new DriverError('conflict', spec.node, `port '${port.name}' belongs to another bridge`);
    return [
      noSuchRow('Port', port.name),
      {
        op: 'insert',
        table: 'Interface',
        'uuid-name': `iface${index}`,
        row: { name: port.name, ...port.interface, external_ids: marks },
      },
      {
        op: 'insert',
        table: 'Port',
        'uuid-name': `port${index}`,
        row: { name: port.name, interfaces: toNamedUuid(`iface${index}`), external_ids: marks },
      },
    ];
  });
  const uuids = toSet(missing.map((_, index) => toNamedUuid(`port${index}`)));
  return [
    ...operations,
    { op: 'mutate', table: 'Bridge', where: [hasUuid(toUuid(state.uuid))], mutations: [['ports', 'insert', uuids]] },
    { op: 'comment', comment: `iris: ports ${missing.map((port) => port.name).join(' ')}` },
  ];
}

/** Marks the ports that a hypervisor plugged in for this VI. */
export function derivePortMarks(
  spec: BridgeSpec,
  state: BridgeState,
  names: readonly string[],
  vi: { connectionId: string; version: number },
): Operation[] {
  const marks = {
    ...mark(spec),
    [externalIdKeys.connectionId]: vi.connectionId,
    [externalIdKeys.version]: String(vi.version),
  };
  const isMarked = (port: PortState): boolean =>
    Object.entries(marks).every(([key, value]) => port.marks[key] === value);
  return state.ports
    .filter((port) => names.includes(port.name) && !isMarked(port))
    .flatMap((port): Operation[] => {
      const stale = toSet(Object.keys(marks));
      const mutations = [
        ['external_ids', 'delete', stale],
        ['external_ids', 'insert', toMap(marks)],
      ] as const;
      const onInterface: Operation[] =
        port.interfaceUuid === undefined
          ? []
          : [{ op: 'mutate', table: 'Interface', where: [hasUuid(toUuid(port.interfaceUuid))], mutations }];
      return [{ op: 'mutate', table: 'Port', where: [hasUuid(toUuid(port.uuid))], mutations }, ...onInterface];
    });
}

/** Takes ports off our bridge; their rows go with the last reference to them. */
export function derivePortRemovals(state: BridgeState, ports: readonly PortState[]): Operation[] {
  if (ports.length === 0) return [];
  const uuids = toSet(ports.map((port) => toUuid(port.uuid)));
  return [
    { op: 'mutate', table: 'Bridge', where: [hasUuid(toUuid(state.uuid))], mutations: [['ports', 'delete', uuids]] },
    { op: 'comment', comment: `iris: no port ${ports.map((port) => port.name).join(' ')} any more` },
  ];
}

export function deriveBridgeRemoval(state: BridgeState): Operation[] {
  return [
    {
      op: 'mutate',
      table: 'Open_vSwitch',
      where: [],
      mutations: [['bridges', 'delete', toSet([toUuid(state.uuid)])]],
    },
    { op: 'mutate', table: 'Open_vSwitch', where: [], mutations: [['next_cfg', '+=', 1]] },
    { op: 'comment', comment: 'iris: leaves this node' },
  ];
}
