import assert from 'node:assert/strict';
import { IrisError } from '../../../src/domain/errors/iris-error.js';
import { checkTenantLimits } from '../../../src/domain/vi/checks/tenant.js';
import type { Criteria } from '../../../src/domain/vi/criteria.js';
import { checkCriteria, criteriaChecks } from '../../../src/domain/vi/criteria-checks.js';
import { sampleCriteria, sampleSite, sampleVm } from '../../support/domain-samples.js';

const now = new Date('2030-01-01T00:00:00Z');
const hours = (count: number): Date => new Date(now.getTime() + count * 3_600_000);
const context = { site: sampleSite(), tenant: 'alpha', now, nested: true, userData: true };

function refusalOf(criteria: Criteria, changes: Partial<typeof context> = {}): IrisError {
  try {
    checkCriteria(criteria, { ...context, ...changes });
  } catch (error) {
    assert.ok(error instanceof IrisError, String(error));
    return error;
  }
  assert.fail('nothing was refused');
}

const nic = (changes: object): Partial<Criteria> => ({ vms: [sampleVm({ nics: [changes] })] });
const host = (changes: object): Partial<Criteria> => ({
  hosts: [{ mac: '52:54:00:00:00:01', vlan: 0, site: 'tokyo', ...changes }],
});
const ports = (...list: { name: string; vlans: number[] }[]): Partial<Criteria> => ({ externalPorts: list });

interface Case {
  /** Group and name in the table of checks. */
  check: string;
  criteria: Partial<Criteria>;
  id: string;
  /** What the variables must name. */
  names: Record<string, string>;
  context?: Partial<typeof context>;
}

const cases: Case[] = [
  { check: 'tenant.isKnown', criteria: {}, context: { tenant: 'nobody' }, id: '00302', names: { tenant: 'nobody' } },
  {
    check: 'tenant.durationIsAllowed',
    criteria: { schedule: { end: hours(2) } },
    context: { tenant: 'limited' },
    id: '00600',
    names: { limit: 'durationHours', allowed: '1', asked: '2' },
  },
  {
    check: 'tenant.durationIsAllowed',
    criteria: {},
    context: { tenant: 'limited' },
    id: '00600',
    names: { limit: 'durationHours' },
  },
  {
    check: 'schedule.datesAreDates',
    criteria: { schedule: { end: new Date('never') } },
    id: '00100',
    names: { schedule: 'start, end' },
  },
  {
    check: 'schedule.endIsAfterStart',
    criteria: { schedule: { start: hours(2), end: hours(1) } },
    id: '00100',
    names: { end: hours(1).toISOString() },
  },
  {
    check: 'schedule.endIsToCome',
    criteria: { schedule: { end: hours(-1) } },
    id: '00100',
    names: { end: hours(-1).toISOString() },
  },
  {
    check: 'segment.keyIsAKey',
    criteria: { segment: { key: 2 ** 24, encapsulation: 'gre' } },
    id: '00709',
    names: { segmentKey: '16777216' },
  },
  {
    check: 'segment.keyIsOffered',
    criteria: {},
    context: { site: sampleSite({ segments: { keyTo: 100 } }) },
    id: '00702',
    names: { segmentKey: '4711' },
  },
  {
    check: 'segment.encapsulationIsOffered',
    criteria: {},
    context: { site: sampleSite({ segments: { encapsulations: ['vxlan'] } }) },
    id: '00102',
    names: { encapsulation: 'gre' },
  },
  {
    check: 'vms.areNotTooMany',
    criteria: { vms: [sampleVm({ count: 1e9 })] },
    id: '00100',
    names: { vms: '1000000000' },
  },
  {
    check: 'vms.numbersAreSensible',
    criteria: { vms: [sampleVm({ cpus: 0 })] },
    id: '00100',
    names: { vm: 'vm', cpus: '0' },
  },
  {
    check: 'vms.numbersAreSensible',
    criteria: { vms: [sampleVm({ memoryMiB: 1.5 })] },
    id: '00100',
    names: { memoryMiB: '1.5' },
  },
  { check: 'vms.namesAreNames', criteria: { vms: [sampleVm({ name: '-x' })] }, id: '00100', names: { vm: '-x' } },
  {
    check: 'vms.namesAreUnique',
    criteria: { vms: [sampleVm({ name: 'a', count: 2 }), sampleVm({ name: 'a-2' })] },
    id: '00100',
    names: { vm: 'a-2' },
  },
  {
    check: 'vms.imagesAreKnown',
    criteria: { vms: [sampleVm({ image: 'big' })] },
    id: '00102',
    names: { vm: 'vm', image: 'big' },
  },
  {
    check: 'vms.nestingIsOffered',
    criteria: {},
    context: { nested: false },
    id: '00102',
    names: { vm: 'vm', nested: 'true' },
  },
  {
    check: 'vms.userDataIsOffered',
    criteria: { vms: [sampleVm({ userData: '#cloud-config' })] },
    context: { userData: false },
    id: '00102',
    names: { parameter: 'userData' },
  },
  {
    check: 'vms.nicsAreFew',
    criteria: { vms: [sampleVm({ nics: Array.from({ length: 17 }, () => ({})) })] },
    id: '00100',
    names: { vm: 'vm', nics: '17' },
  },
  {
    check: 'vms.copiesHaveNoAddresses',
    criteria: { vms: [sampleVm({ count: 2, nics: [{ ip: '10.0.0.1' }] })] },
    id: '00100',
    names: { vm: 'vm', count: '2' },
  },
  {
    check: 'vms.antiAffinityIsPossible',
    criteria: { vms: [sampleVm({ count: 3, antiAffinity: 'g' }), sampleVm({ name: 'w', antiAffinity: 'g' })] },
    id: '00705',
    names: { antiAffinity: 'g', vms: '4', nodes: '3' },
  },
  {
    check: 'addresses.nicMacsAreMacs',
    criteria: nic({ mac: '01:00:5e:00:00:01' }),
    id: '00100',
    names: { mac: '01:00:5e:00:00:01' },
  },
  {
    check: 'addresses.nicMacsAreMacs',
    criteria: nic({ mac: 'FF:00' }),
    id: '00100',
    names: { vm: 'vm', mac: 'FF:00' },
  },
  {
    check: 'addresses.nicMacsAreMacs',
    criteria: nic({ mac: '00:00:00:00:00:00' }),
    id: '00100',
    names: { mac: '00:00:00:00:00:00' },
  },
  { check: 'addresses.nicIpsAreIps', criteria: nic({ ip: '10.0.0.256' }), id: '00100', names: { ip: '10.0.0.256' } },
  { check: 'addresses.nicIpsAreIps', criteria: nic({ ip: 'ff02::1' }), id: '00100', names: { ip: 'ff02::1' } },
  {
    check: 'addresses.nicIpsAreIps',
    criteria: nic({ ip: '10.0.0.1', prefixLength: 33 }),
    id: '00100',
    names: { prefixLength: '33' },
  },
  { check: 'addresses.nicIpsAreIps', criteria: nic({ prefixLength: 24 }), id: '00101', names: { parameter: 'ip' } },
  {
    check: 'addresses.macsAreUnique',
    criteria: { vms: ['a', 'b'].map((name) => sampleVm({ name, nics: [{ mac: '52:54:00:00:00:01' }] })) },
    id: '00100',
    names: { mac: '52:54:00:00:00:01' },
  },
  {
    check: 'addresses.ipsAreUnique',
    criteria: { vms: ['a', 'b'].map((name) => sampleVm({ name, nics: [{ ip: '10.0.0.1' }] })) },
    id: '00100',
    names: { ip: '10.0.0.1' },
  },
  {
    check: 'externalPorts.areKnown',
    criteria: ports({ name: 'lan9', vlans: [0] }),
    id: '00701',
    names: { externalPort: 'lan9' },
  },
  {
    check: 'externalPorts.areTheTenants',
    criteria: ports({ name: 'lan2', vlans: [0] }),
    id: '00302',
    names: { externalPort: 'lan2', tenant: 'alpha' },
  },
  {
    check: 'externalPorts.areNamedOnce',
    criteria: ports({ name: 'lan1', vlans: [0] }, { name: 'lan1', vlans: [100] }),
    id: '00100',
    names: { externalPort: 'lan1' },
  },
  {
    check: 'externalPorts.haveVlans',
    criteria: ports({ name: 'lan1', vlans: [] }),
    id: '00101',
    names: { externalPort: 'lan1' },
  },
  {
    check: 'externalPorts.haveVlans',
    criteria: ports({ name: 'lan1', vlans: [4095] }),
    id: '00709',
    names: { vlan: '4095' },
  },
  {
    check: 'externalPorts.haveVlans',
    criteria: ports({ name: 'lan1', vlans: [100, 100] }),
    id: '00709',
    names: { vlan: '100' },
  },
  {
    check: 'externalPorts.vlansAreOffered',
    criteria: ports({ name: 'lan1', vlans: [199, 200] }),
    id: '00702',
    names: { externalPort: 'lan1', vlan: '200' },
  },
  {
    check: 'peers.areKnown',
    criteria: { peers: [{ site: 'kyoto', gateway: '192.0.2.9' }] },
    id: '00701',
    names: { peer: 'kyoto' },
  },
  {
    check: 'peers.areKnown',
    criteria: { peers: [{ site: 'tokyo', gateway: '192.0.2.9' }] },
    id: '00701',
    names: { peer: 'tokyo', gateway: '192.0.2.9' },
  },
  {
    check: 'peers.areNamedOnce',
    criteria: { peers: ['192.0.2.2', '192.0.2.2'].map((gateway) => ({ site: 'tokyo', gateway })) },
    id: '00100',
    names: { peer: 'tokyo' },
  },
  {
    check: 'peers.canBeReached',
    criteria: {},
    context: { site: sampleSite({ nodes: sampleSite().nodes.slice(1), externalPorts: [] }) },
    id: '00407',
    names: { peer: 'tokyo' },
  },
  {
    check: 'hosts.addressesAreAddresses',
    criteria: host({ mac: '33:33:00:00:00:01' }),
    id: '00100',
    names: { mac: '33:33:00:00:00:01' },
  },
  { check: 'hosts.addressesAreAddresses', criteria: host({ ip: '0.0.0.0' }), id: '00100', names: { ip: '0.0.0.0' } },
  { check: 'hosts.addressesAreAddresses', criteria: host({ vlan: 4095 }), id: '00709', names: { vlan: '4095' } },
  {
    check: 'hosts.areListedOnce',
    criteria: { hosts: [...host({}).hosts!, ...host({}).hosts!] },
    id: '00100',
    names: { host: '52:54:00:00:00:01 in VLAN 0 with no address' },
  },
  {
    check: 'hosts.areNotVms',
    criteria: { ...host({}), ...nic({ mac: '52:54:00:00:00:01' }) },
    id: '00100',
    names: { mac: '52:54:00:00:00:01' },
  },
  { check: 'hosts.standSomewhere', criteria: host({ site: 'kyoto' }), id: '00701', names: { peer: 'kyoto' } },
  {
    check: 'hosts.standSomewhere',
    criteria: { ...host({ site: 'osaka', vlan: 5 }), ...ports({ name: 'lan1', vlans: [0] }) },
    id: '00700',
    names: { vlan: '5' },
  },
];

describe('criteria checks', () => {
  it('let a sound request pass', () => {
    checkCriteria(sampleCriteria(), context);
    checkCriteria(
      sampleCriteria({
        schedule: { start: hours(-1), end: hours(1) },
        vms: [
          sampleVm({ count: 3, antiAffinity: 'apart' }),
          sampleVm({ name: 'db', nics: [{ mac: '52:54:00:00:00:02', ip: '2001:db8::1', prefixLength: 64 }] }),
        ],
        externalPorts: [{ name: 'lan1', vlans: [0, 100, 199] }],
        hosts: [
          { mac: '52:54:00:00:00:01', ip: '10.0.0.1', vlan: 100, site: 'osaka' },
          { mac: '52:54:00:00:00:01', ip: '10.0.0.2', vlan: 100, site: 'osaka' },
        ],
      }),
      context,
    );
  });

  it('let a site with a gateway and no VMs pass', () => {
    checkCriteria(sampleCriteria({ vms: [], externalPorts: [{ name: 'lan1', vlans: [0] }] }), context);
  });

  for (const { check, criteria, id, names, context: changes } of cases)
    it(`${check} refuses with ${id} and names ${Object.entries(names)[0]!.join(' ')}`, () => {
      const asked = sampleCriteria(criteria);
      const [group, name] = check.split('.') as [string, string];
      const found = criteriaChecks[group]![name]!(asked, { ...context, ...changes });
      assert.notEqual(found, undefined, 'the check itself finds it');
      const refusal = refusalOf(asked, changes);
      assert.equal(refusal.kind.id, id);
      for (const [variable, value] of Object.entries(names)) assert.equal(refusal.variables[variable], value, variable);
    });

  it('have a case here for every one', () => {
    const all = Object.entries(criteriaChecks).flatMap(([group, checks]) =>
      Object.keys(checks).map((name) => `${group}.${name}`),
    );
    assert.deepEqual([...new Set(cases.map(({ check }) => check))].sort(), all.sort());
  });
});

describe('tenant limits', () => {
  const limits = { vms: 3, cpus: 5, memoryMiB: 4096 };
  const none = { vms: 0, cpus: 0, memoryMiB: 0 };
  it('count what the tenant has at its peak together with what it asks for', () => {
    checkTenantLimits(sampleCriteria(), limits, { vms: 1, cpus: 1, memoryMiB: 2048 }, 'alpha');
    const named = (peak: typeof none): string => {
      try {
        checkTenantLimits(sampleCriteria(), limits, peak, 'alpha');
      } catch (error) {
        assert.ok(error instanceof IrisError);
        assert.equal(error.kind.id, '00600');
        return error.variables.limit!;
      }
      return 'none';
    };
    assert.equal(named({ ...none, vms: 2 }), 'vms');
    assert.equal(named({ ...none, cpus: 2 }), 'cpus');
    assert.equal(named({ ...none, memoryMiB: 2049 }), 'memoryMiB');
    assert.equal(named(none), 'none');
  });
});
