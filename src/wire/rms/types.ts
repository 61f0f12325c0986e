/**
 * The types of wsdl/rms.xsd as one table; what they mean is documented there. Elements stand in the schema's order,
 * and a test holds the two to each other. The words are the domain's, the states NSI's.
 */
import { many, one, oneOf, optional, record, scalar, some, type ValueOf } from '../xml/schema-type.js';

export const rmsNamespace = 'urn:iris:rms:1';

const text = scalar('xsd:string', 'text');
const int = scalar('xsd:int', 'int');
const positiveInt = scalar('PositiveIntType', 'int');
const boolean = scalar('xsd:boolean', 'boolean');
const time = scalar('xsd:dateTime', 'time');

const correlationId = scalar('CorrelationIdType', 'text');
const connectionId = scalar('ConnectionIdType', 'text');
const shortText = scalar('ShortTextType', 'text');
export const name = scalar('NameType', 'text');
const vmName = scalar('VmNameType', 'text');
const vmCount = scalar('VmCountType', 'int');
const segmentKey = scalar('SegmentKeyType', 'int');
const vlan = scalar('VlanType', 'int');
const vlanRange = scalar('VlanRangeType', 'text');
const mac = scalar('MacAddressType', 'text');
const ip = scalar('IpAddressType', 'text');
const prefixLength = scalar('PrefixLengthType', 'int');
const userData = scalar('UserDataType', 'text');
const cursor = scalar('CursorType', 'text');
const pageSize = scalar('PageSizeType', 'int');
const errorId = scalar('ErrorIdType', 'text');

const encapsulation = oneOf('EncapsulationType', ['gre', 'vxlan', 'geneve']);
export const reservationState = oneOf('ReservationStateType', [
  'ReserveStart',
  'ReserveChecking',
  'ReserveHeld',
  'ReserveCommitting',
  'ReserveFailed',
  'ReserveTimeout',
  'ReserveAborting',
]);
const provisionState = oneOf('ProvisionStateType', ['Released', 'Provisioning', 'Provisioned', 'Releasing']);
export const lifecycleState = oneOf('LifecycleStateType', [
  'Created',
  'Failed',
  'PassedEndTime',
  'Terminating',
  'Terminated',
]);
const versionState = oneOf('VersionStateType', ['held', 'committed', 'dropped']);
const vmState = oneOf('VmStateType', [
  'running',
  'paused',
  'shutoff',
  'crashed',
  'shutDownByGuest',
  'missing',
  'unseen',
]);
const errorEventKind = oneOf('ErrorEventKindType', [
  'activateFailed',
  'deactivateFailed',
  'dataplaneError',
  'forcedEnd',
]);
const accelerator = oneOf('AcceleratorType', ['kvm', 'tcg']);
const machine = oneOf('MachineType', ['reservation', 'provision', 'lifecycle', 'dataPlane']);
const orphanAction = oneOf('OrphanActionType', ['adopt', 'remove']);
const orphanState = oneOf('OrphanStateType', ['unknown', 'over', 'newer']);
const nodeAction = oneOf('NodeActionType', ['cordon', 'uncordon', 'drain']);
const traceSource = oneOf('TraceSourceType', ['switch', 'flows']);
const traceTarget = oneOf('TraceTargetType', [
  'vm',
  'externalPort',
  'node',
  'site',
  'service',
  'controller',
  'sender',
  'unknown',
]);
const learntFrom = oneOf('LearntFromType', ['listed', 'arp', 'gratuitousArp', 'rarp', 'neighbourDiscovery']);

// What is asked for

const schedule = record('ScheduleType', { startTime: optional(time), endTime: optional(time) });

export const segment = record('SegmentType', {
  key: one(segmentKey),
  encapsulation: one(encapsulation),
  strictAddresses: optional(boolean),
});

const nicRequest = record('NicRequestType', {
  mac: optional(mac),
  ip: optional(ip),
  prefixLength: optional(prefixLength),
});

export const vmRequest = record('VmRequestType', {
  name: one(vmName),
  count: optional(vmCount),
  cpus: one(positiveInt),
  memoryMiB: one(positiveInt),
  diskGiB: one(positiveInt),
  image: one(name),
  nested: optional(boolean),
  nics: many('nic', nicRequest),
  antiAffinity: optional(name),
  userData: optional(userData),
});

export const externalPortRequest = record('ExternalPortRequestType', {
  name: one(name),
  vlans: some('vlan', vlan),
  hostsUseSegmentMtu: optional(boolean),
});

export const peer = record('PeerType', { site: one(name), gateway: one(ip) });

export const host = record('HostType', { mac: one(mac), ip: optional(ip), vlan: one(vlan), site: one(name) });

const criteria = record('CriteriaType', {
  schedule: optional(schedule),
  segment: one(segment),
  vms: many('vm', vmRequest),
  externalPorts: many('externalPort', externalPortRequest),
  peers: many('peer', peer),
  hosts: many('host', host),
});

// What is answered

const dataPlaneStatus = record('DataPlaneStatusType', {
  active: one(boolean),
  version: one(int),
  versionConsistent: one(boolean),
});

const states = record('ConnectionStatesType', {
  reservationState: one(reservationState),
  provisionState: optional(provisionState),
  lifecycleState: one(lifecycleState),
  dataPlaneStatus: one(dataPlaneStatus),
});

const nic = record('NicType', {
  mac: one(mac),
  ip: optional(ip),
  prefixLength: optional(prefixLength),
  port: one(shortText),
});

export const vm = record('VmType', {
  name: one(name),
  node: one(name),
  cpus: one(positiveInt),
  memoryMiB: one(positiveInt),
  diskGiB: one(positiveInt),
  image: one(name),
  nested: one(boolean),
  nics: many('nic', nic),
});

export const externalPort = record('ExternalPortType', { name: one(name), node: one(name), vlans: many('vlan', vlan) });

const version = record('VersionType', {
  version: one(int),
  state: one(versionState),
  startTime: one(time),
  endTime: optional(time),
  holdExpires: optional(time),
  segment: one(segment),
  vms: many('vm', vm),
  externalPorts: many('externalPort', externalPort),
  gateway: optional(name),
  peers: many('peer', peer),
  hosts: many('host', host),
});

const errorEvent = record('ErrorEventType', {
  timeStamp: one(time),
  event: one(errorEventKind),
  node: optional(name),
  text: one(text),
  permanent: optional(boolean),
});

const reservation = record('ReservationType', {
  connectionId: one(connectionId),
  globalReservationId: optional(shortText),
  description: optional(text),
  tenant: one(name),
  requester: one(text),
  autoProvision: one(boolean),
  terminateOnRelease: one(boolean),
  states: one(states),
  committed: optional(version),
  held: optional(version),
  errorEvent: optional(errorEvent),
  createdAt: one(time),
  updatedAt: one(time),
});

const registryEntry = record('RegistryEntryType', {
  vlan: one(vlan),
  mac: one(mac),
  ips: many('ip', ip),
  node: optional(name),
  port: optional(shortText),
  site: optional(name),
  learntFrom: one(learntFrom),
  learntAt: one(time),
});

const transition = record('TransitionType', {
  at: one(time),
  machine: one(machine),
  from: one(text),
  to: one(text),
  by: one(text),
  correlationId: optional(text),
  reason: optional(text),
});

const siteNode = record('SiteNodeType', {
  name: one(name),
  gateway: one(boolean),
  cordoned: optional(boolean),
  cpus: one(int),
  memoryMiB: one(int),
  diskGiB: one(int),
  accelerator: optional(accelerator),
  nested: optional(boolean),
  master: optional(text),
});

const siteGateway = record('SiteGatewayType', { node: one(name), address: one(ip) });

const siteExternalPort = record('SiteExternalPortType', {
  name: one(name),
  node: one(name),
  vlans: many('vlan', vlanRange),
  mtu: one(int),
});

const sitePeer = record('SitePeerType', { site: one(name), gateways: many('gateway', ip) });

const capacity = record('CapacityType', { cpus: one(int), memoryMiB: one(int), diskGiB: one(int) });

const nodeAvailability = record('NodeAvailabilityType', { node: one(name), free: one(capacity), total: one(capacity) });

const takenVlan = record('TakenVlanType', { externalPort: one(name), vlan: one(vlan) });

const placement = record('PlacementType', { vm: one(name), node: one(name) });

const plannedDomain = record('PlannedDomainType', { node: one(name), vm: one(name), xml: one(text) });

const nodeNetworkPlan = record('NodeNetworkPlanType', {
  node: one(name),
  ovsdbRows: many('ovsdbRow', text),
  groups: many('group', text),
  meters: many('meter', text),
  flows: many('flow', text),
});

// Messages

const reservationRequestFields = {
  globalReservationId: optional(shortText),
  description: optional(text),
  tenant: optional(name),
  autoProvision: optional(boolean),
  terminateOnRelease: optional(boolean),
  criteria: one(criteria),
};

const reserve = record('ReserveType', { correlationId: one(correlationId), ...reservationRequestFields });

const modify = record('ModifyType', {
  correlationId: one(correlationId),
  connectionId: one(connectionId),
  version: optional(positiveInt),
  criteria: one(criteria),
});

const change = record('ChangeType', { correlationId: one(correlationId), connectionId: one(connectionId) });

const changeResponse = record('ChangeResponseType', { reservation: one(reservation) });

const getReservation = record('GetReservationType', { connectionId: one(connectionId) });

const vmStateEntry = record('VmStateEntryType', { name: one(name), node: one(name), state: one(vmState) });

const getReservationResponse = record('GetReservationResponseType', {
  reservation: one(reservation),
  segmentMtu: optional(int),
  vmStates: many('vmState', vmStateEntry),
  registry: many('registryEntry', registryEntry),
  history: many('transition', transition),
});

const listReservations = record('ListReservationsType', {
  tenant: optional(name),
  reservationStates: many('reservationState', reservationState),
  lifecycleStates: many('lifecycleState', lifecycleState),
  startTime: optional(time),
  endTime: optional(time),
  pageSize: optional(pageSize),
  after: optional(cursor),
});

const listReservationsResponse = record('ListReservationsResponseType', {
  reservations: many('reservation', reservation),
  next: optional(cursor),
});

const getSite = record('GetSiteType', {});

const getSiteResponse = record('GetSiteResponseType', {
  site: one(name),
  version: one(text),
  nodes: many('node', siteNode),
  gateways: many('gateway', siteGateway),
  externalPorts: many('externalPort', siteExternalPort),
  images: many('image', name),
  encapsulations: many('encapsulation', encapsulation),
  peers: many('peer', sitePeer),
  segmentKeyFrom: one(segmentKey),
  segmentKeyTo: one(segmentKey),
});

const getAvailability = record('GetAvailabilityType', { startTime: optional(time), endTime: optional(time) });

const getAvailabilityResponse = record('GetAvailabilityResponseType', {
  startTime: one(time),
  endTime: optional(time),
  nodes: many('node', nodeAvailability),
  takenSegmentKeys: many('takenSegmentKey', segmentKey),
  takenExternalPortVlans: many('takenExternalPortVlan', takenVlan),
});

const planReservation = record('PlanReservationType', reservationRequestFields);

const planReservationResponse = record('PlanReservationResponseType', {
  placement: many('placement', placement),
  domains: many('domain', plannedDomain),
  network: many('network', nodeNetworkPlan),
  segmentMtu: one(int),
});

const nodeHolder = record('NodeHolderType', {
  connectionId: one(connectionId),
  tenant: one(name),
  vms: one(int),
  cpus: one(int),
  memoryMiB: one(int),
  diskGiB: one(int),
  startTime: one(time),
  endTime: optional(time),
  built: one(boolean),
});

const setNode = record('SetNodeType', { node: one(name), action: one(nodeAction) });

const setNodeResponse = record('SetNodeResponseType', {
  node: one(name),
  cordonedAt: optional(time),
  cordonedBy: optional(text),
  master: optional(text),
  moved: many('moved', connectionId),
  holders: many('holder', nodeHolder),
});

const orphan = record('OrphanType', {
  id: one(connectionId),
  state: one(orphanState),
  node: one(name),
  what: one(text),
  seenSince: one(time),
  tenant: optional(name),
  version: optional(int),
  endTime: optional(time),
  adoptable: one(boolean),
});

const nothing = record('NothingType', {});

const orphans = record('OrphansType', {
  restoredSince: optional(time),
  restoredReason: optional(text),
  orphans: many('orphan', orphan),
});

const resolveOrphan = record('ResolveOrphanType', {
  correlationId: one(correlationId),
  id: one(connectionId),
  action: one(orphanAction),
});

const explain = record('ExplainType', {
  connectionId: one(connectionId),
  from: one(mac),
  to: one(mac),
  vlan: optional(vlan),
});

const traceRule = record('TraceRuleType', {
  table: one(text),
  priority: optional(int),
  match: one(text),
  actions: many('action', text),
  connectionId: optional(connectionId),
  viNumber: optional(text),
  reason: one(text),
});

const traceOutput = record('TraceOutputType', { port: one(shortText), leadsTo: one(traceTarget), name: one(text) });

const traceStep = record('TraceStepType', {
  node: one(name),
  inPort: one(shortText),
  vlan: one(vlan),
  source: one(traceSource),
  sourceReason: optional(text),
  rules: many('rule', traceRule),
  outputs: many('output', traceOutput),
});

const explainResponse = record('ExplainResponseType', {
  connectionId: one(connectionId),
  tenant: one(name),
  segmentKey: one(segmentKey),
  outcome: one(text),
  steps: many('step', traceStep),
});

const variable = record('VariableType', { name: one(text), value: one(text) });

/** The detail of every fault. */
export const serviceException = record('ServiceExceptionType', {
  site: one(name),
  connectionId: optional(text),
  errorId: one(errorId),
  code: one(text),
  text: one(text),
  variables: many('variable', variable),
  advice: optional(text),
});

/** Operation → the types of its request and response; the elements are named `<operation>` and `<operation>Response`. */
export const rmsOperations = {
  reserve: { request: reserve, response: changeResponse },
  modify: { request: modify, response: changeResponse },
  commit: { request: change, response: changeResponse },
  abort: { request: change, response: changeResponse },
  provision: { request: change, response: changeResponse },
  release: { request: change, response: changeResponse },
  terminate: { request: change, response: changeResponse },
  getReservation: { request: getReservation, response: getReservationResponse },
  listReservations: { request: listReservations, response: listReservationsResponse },
  getSite: { request: getSite, response: getSiteResponse },
  getAvailability: { request: getAvailability, response: getAvailabilityResponse },
  planReservation: { request: planReservation, response: planReservationResponse },
  explain: { request: explain, response: explainResponse },
  setNode: { request: setNode, response: setNodeResponse },
  listOrphans: { request: nothing, response: orphans },
  resolveOrphan: { request: resolveOrphan, response: changeResponse },
  acceptDatabase: { request: nothing, response: orphans },
} as const;

export type RmsOperationName = keyof typeof rmsOperations;
export type RmsRequest<O extends RmsOperationName> = ValueOf<(typeof rmsOperations)[O]['request']>;
export type RmsResponse<O extends RmsOperationName> = ValueOf<(typeof rmsOperations)[O]['response']>;

export type WireCriteria = ValueOf<typeof criteria>;
export type WireVersion = ValueOf<typeof version>;
export type WireReservation = ValueOf<typeof reservation>;
export type WireServiceException = ValueOf<typeof serviceException>;

export const rmsOperationNames = Object.keys(rmsOperations) as RmsOperationName[];
export const isRmsOperation = (word: string): word is RmsOperationName => Object.hasOwn(rmsOperations, word);
