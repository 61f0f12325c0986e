/** A Provider that answers from what a test put into it, and remembers what it was asked. */
import type { Orphan, Provider, ReservationView } from '../../../src/domain/ports/provider.js';
import type { CallContext } from '../../../src/domain/ports/store.js';
import type { Reservation } from '../../../src/domain/reservation/reservation.js';
import type { Criteria } from '../../../src/domain/vi/criteria.js';

export interface Asked {
  operation: keyof Provider;
  context: CallContext;
  request: unknown;
}

export interface FakeProvider extends Provider {
  asked: Asked[];
  /** When set, every operation waits for it first. */
  before: ((operation: keyof Provider) => Promise<void>) | undefined;
}

export const exampleCriteria: Criteria = {
  schedule: { start: new Date('2030-01-01T00:00:00Z'), end: new Date('2030-01-02T00:00:00Z') },
  segment: { key: 4711, encapsulation: 'gre' },
  vms: [
    {
      name: 'worker',
      count: 1,
      cpus: 2,
      memoryMiB: 2048,
      diskGiB: 10,
      image: 'small',
      nested: true,
      nics: [{ mac: '52:54:00:00:00:01', ip: '10.0.0.1', prefixLength: 24 }],
      antiAffinity: 'rack',
      userData: '#cloud-config\npassword: tell-nobody\n',
    },
  ],
  externalPorts: [{ name: 'lan1', vlans: [0, 100] }],
  peers: [{ site: 'osaka', gateway: '192.0.2.7' }],
  hosts: [{ mac: '52:54:00:00:00:99', ip: '10.0.0.99', vlan: 100, site: 'tokyo' }],
};

const at = new Date('2029-12-31T23:00:00.125Z');

export const exampleReservation: Reservation = {
  connectionId: 'c-1',
  viNumber: 7,
  globalReservationId: 'urn:example:1',
  description: 'a <b> & "c" \u0001 d',
  tenant: 'red',
  requester: 'alice',
  autoProvision: true,
  terminateOnRelease: false,
  states: {
    reservation: 'ReserveHeld',
    provision: 'Provisioned',
    lifecycle: 'Created',
    dataPlane: { active: true, version: 1, consistent: false },
  },
  committed: {
    version: 1,
    criteria: exampleCriteria,
    placed: {
      connectionId: 'c-1',
      version: 1,
      tenant: 'red',
      viNumber: 7,
      segment: { key: 4711, encapsulation: 'gre' },
      vms: [
        {
          name: 'worker',
          node: 'n1',
          cpus: 2,
          memoryMiB: 2048,
          diskGiB: 10,
          image: 'small',
          nested: true,
          nics: [{ mac: '52:54:00:00:00:01', ip: '10.0.0.1', prefixLength: 24, portName: 'v7-0' }],
          userData: '#cloud-config\npassword: tell-nobody\n',
        },
      ],
      externalPorts: [{ name: 'lan1', node: 'gw', vlans: [0, 100] }],
      gateway: 'gw',
      peers: [{ site: 'osaka', gateway: '192.0.2.7' }],
      hosts: [{ mac: '52:54:00:00:00:99', ip: '10.0.0.99', vlan: 100, site: 'tokyo' }],
    },
    start: at,
    end: new Date('2030-01-02T00:00:00Z'),
    state: 'committed',
  },
  errorEvent: { at, event: 'activateFailed', node: 'n1', text: 'no such image' },
  createdAt: at,
  updatedAt: at,
};
exampleReservation.held = {
  ...exampleReservation.committed!,
  version: 2,
  state: 'held',
  holdExpires: new Date('2029-12-31T23:02:00Z'),
};

const exampleView: ReservationView = {
  reservation: exampleReservation,
  segmentMtu: 1450,
  vmStates: [{ name: 'worker', node: 'n1', state: 'shutDownByGuest' }],
  registry: [
    {
      vlan: 0,
      mac: '52:54:00:00:00:01',
      ips: ['10.0.0.1', 'fd00::1'],
      place: { kind: 'port', node: 'n1', portName: 'v7-0' },
      learntFrom: 'listed',
      learntAt: at,
    },
    {
      vlan: 100,
      mac: '52:54:00:00:00:77',
      ips: [],
      place: { kind: 'site', site: 'osaka' },
      learntFrom: 'rarp',
      learntAt: at,
    },
  ],
  history: [
    {
      connectionId: 'c-1',
      at,
      machine: 'reservation',
      from: 'ReserveStart',
      to: 'ReserveChecking',
      by: 'alice',
      correlationId: 'urn:uuid:00000000-0000-4000-8000-000000000001',
    },
    {
      connectionId: 'c-1',
      at,
      machine: 'reservation',
      from: 'ReserveChecking',
      to: 'ReserveHeld',
      by: 'time',
      reason: 'ok',
    },
  ],
};

export function createFakeProvider(): FakeProvider {
  const asked: Asked[] = [];
  const answer =
    <A>(operation: keyof Provider, value: A) =>
    async (context: CallContext, ...request: unknown[]): Promise<A> => {
      await fake.before?.(operation);
      asked.push({ operation, context, request: request.length > 1 ? request : request[0] });
      return value;
    };
  const capacity = { node: 'n1', cpus: 8, memoryMiB: 16384, diskGiB: 100 };
  const holding = { vms: 1, cpus: 2, memoryMiB: 2048, diskGiB: 10 };
  const orphan: Orphan = {
    id: 'c-9',
    state: 'unknown',
    node: 'n1',
    what: 'domain iris-c-9-worker',
    seenSince: at,
    viNumber: 9,
    tenant: 'red',
    version: 2,
    end: at,
    adoptable: true,
  };
  const fake: FakeProvider = {
    asked,
    before: undefined,
    reserve: answer('reserve', exampleReservation),
    modify: answer('modify', exampleReservation),
    commit: answer('commit', exampleReservation),
    abort: answer('abort', exampleReservation),
    provision: answer('provision', exampleReservation),
    release: answer('release', exampleReservation),
    terminate: answer('terminate', exampleReservation),
    getReservation: answer('getReservation', exampleView),
    listReservations: answer('listReservations', { reservations: [exampleReservation], next: 'page-2' }),
    listStps: async () => [],
    getSoftwareVersion: () => '0.1.0',
    getSite: answer('getSite', {
      site: 'tokyo',
      version: '0.1.0',
      nodes: [
        { ...capacity, gateway: false, cordoned: true, accelerator: 'kvm' as const, nested: true },
        { node: 'gw', cpus: 0, memoryMiB: 0, diskGiB: 0, gateway: true, cordoned: false },
      ],
      gateways: [{ node: 'gw', address: '192.0.2.1' }],
      externalPorts: [{ name: 'lan1', node: 'gw', vlans: [0, '100-199'], mtu: 1500 }],
      images: ['small'],
      encapsulations: ['gre' as const],
      peers: [{ site: 'osaka', gateways: ['192.0.2.7', 'fd00::7'] }],
      segmentKeys: { from: 1, to: 0xffffff },
    }),
    getAvailability: answer('getAvailability', {
      from: at,
      nodes: [{ node: 'n1', free: capacity, total: capacity }],
      takenSegmentKeys: [4711],
      takenExternalPortVlans: [{ name: 'lan1', vlan: 100 }],
    }),
    explain: answer('explain', {
      connectionId: 'c-1',
      tenant: 'red',
      segmentKey: 4711,
      outcome: 'goes to site osaka',
      steps: [
        {
          node: 'n1',
          inPort: 'v7-0',
          vlan: 0,
          source: 'flows',
          sourceReason: 'no socket',
          rules: [
            {
              table: 'classify',
              priority: 100,
              match: 'in_port=v7-0',
              actions: ['goto_table:1'],
              connectionId: 'c-1',
              viNumber: 0xffffffff,
              reason: 'a NIC',
            },
            { table: 'sender', match: '', actions: [], reason: 'no flow' },
          ],
          outputs: [{ port: 'gre_1', leadsTo: 'site', name: 'osaka' }],
        },
      ],
    }),
    setNode: answer('setNode', {
      node: 'n1',
      cordon: { at, by: 'root' },
      moved: ['c-2'],
      holders: [
        { ...holding, connectionId: 'c-1', tenant: 'red', from: at, built: true },
        { ...holding, connectionId: 'c-3', tenant: 'blue', from: at, until: at, built: false },
      ],
    }),
    listOrphans: answer('listOrphans', { orphans: [orphan] }),
    resolveOrphan: answer('resolveOrphan', exampleReservation),
    acceptDatabase: answer('acceptDatabase', { restored: { since: at, reason: 'a dump' }, orphans: [] }),
    planReservation: answer('planReservation', {
      placement: [{ vm: 'worker', node: 'n1' }],
      domains: [{ node: 'n1', vm: 'worker', xml: '<domain type="kvm">\r\n <name>x</name>\n</domain>' }],
      network: [
        {
          node: 'n1',
          ovsdbRows: ['add-port br-iris v7-0'],
          groups: [],
          meters: ['meter=1'],
          flows: ['table=0,actions=drop'],
        },
      ],
      segmentMtu: 1450,
    }),
    // What the NSI face asks has tests of its own.
    nsi: {} as Provider['nsi'],
  };
  return fake;
}
