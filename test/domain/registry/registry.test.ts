/** Who is believed: the rules of the registry, one by one. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { deriveListedEntries, deriveListedMachines } from '../../../src/domain/registry/listed-entries.js';
import {
  entriesOf,
  expire,
  findAnswer,
  findEntry,
  findOrdinaryAnswer,
  findOwner,
  learn,
  mergeEntries,
  type Observation,
  placeIdOf,
  type Registry,
  toRegistry,
} from '../../../src/domain/registry/registry.js';
import type { Place, RegistryEntry } from '../../../src/domain/registry/registry-entry.js';
import { defaultLimits } from '../../../src/domain/registry/registry-limits.js';
import { fromMacNumber, toIpv4Number, toMacNumber } from '../../../src/lib/address-number.js';
import { toSite, toVi } from '../../drivers/network/sites.js';

const mac = '52:54:00:00:00:01';
const otherMac = '52:54:00:00:00:02';
const here: Place = { kind: 'port', node: 'n1', portName: 'tap1' };
const there: Place = { kind: 'port', node: 'n2', portName: 'tap2' };
const abroad: Place = { kind: 'site', site: 'tokyo' };
const minutes = (count: number): Date => new Date(Date.UTC(2030, 0, 1, 0, count));

const seen = (changes: Partial<Observation> = {}): Observation => ({
  vlan: 0,
  mac,
  ip: '10.0.0.1',
  place: here,
  from: 'arp',
  announces: false,
  at: minutes(0),
  ...changes,
});

function having(...observations: Observation[]): Registry {
  const registry = toRegistry([]);
  for (const observation of observations) learn(registry, observation);
  return registry;
}

describe('registry', () => {
  it('learns a sender once', () => {
    const registry = toRegistry([]);
    const first = learn(registry, seen());
    assert.deepEqual(first.changes, [
      { vlan: 0, mac, ips: ['10.0.0.1'], place: here, learntFrom: 'arp', learntAt: minutes(0) },
    ]);
    assert.equal(first.movedFrom, undefined);
    assert.deepEqual(learn(registry, seen()), { changes: [] });
  });

  it('keeps the same address in two VLANs apart', () => {
    const registry = having(seen(), seen({ vlan: 10, place: there }));
    assert.deepEqual(findEntry(registry, 0, mac)!.place, here);
    assert.deepEqual(findEntry(registry, 10, mac)!.place, there);
  });

  it('takes a sender at another port for moved', () => {
    const registry = having(seen());
    const { changes, movedFrom } = learn(registry, seen({ place: there, ip: undefined, from: 'rarp' }));
    assert.deepEqual(movedFrom, here);
    assert.deepEqual(changes[0]!.place, there);
    assert.deepEqual(findEntry(registry, 0, mac)!.ips, ['10.0.0.1']);
  });

  it('believes a fresh local entry rather than the WAN, unless that is an announcement', () => {
    const local = having(seen());
    assert.deepEqual(learn(local, seen({ place: abroad, at: minutes(1) })).changes, []);
    const announced = learn(local, seen({ place: abroad, at: minutes(1), announces: true, from: 'gratuitousArp' }));
    assert.deepEqual(announced.changes[0]!.place, abroad);
  });

  it('believes the WAN once the local entry is old', () => {
    const { changes } = learn(having(seen()), seen({ place: abroad, at: minutes(11) }));
    assert.deepEqual(changes[0]!.place, abroad);
  });

  it('always believes what it sees inside the site', () => {
    const { changes, movedFrom } = learn(having(seen({ place: abroad })), seen({ at: minutes(1) }));
    assert.deepEqual(changes[0]!.place, here);
    assert.deepEqual(movedFrom, abroad);
  });

  it('gives an IP to one owner, and tells who lost it', () => {
    const registry = having(seen());
    const { changes } = learn(registry, seen({ mac: otherMac, place: there }));
    assert.deepEqual(
      changes.map((entry) => [entry.mac, entry.ips]),
      [
        [mac, []],
        [otherMac, ['10.0.0.1']],
      ],
    );
    assert.equal(findOwner(registry, 0, '10.0.0.1')!.mac, otherMac);
  });

  it('takes from the index only addresses that a machine has no more', () => {
    const ips = Array.from({ length: defaultLimits.ipsPerMac }, (_, at) => `10.0.0.${at + 1}`);
    const registry = having(...ips.map((ip) => seen({ ip })));
    const known = findEntry(registry, 0, mac)!;
    const { owners } = registry.vlans.get(0)!;
    const taken: string[] = [];
    const take = owners.delete;
    owners.delete = (ip) => {
      taken.push(ip);
      take(ip);
    };
    const [first, ...others] = ips;
    learn(registry, seen({ ip: first!, place: there, announces: true }));
    assert.deepEqual(taken, []);
    learn(registry, seen({ ip: '10.0.1.1', place: there }));
    assert.deepEqual(taken, [first]);
    assert.equal(findOwner(registry, 0, first!), undefined);
    for (const ip of [...others, '10.0.1.1'])
      assert.equal(findOwner(registry, 0, ip), findEntry(registry, 0, mac), 'as it is now');
    assert.deepEqual(known.ips, ips, 'what others were told stays as it was');
  });

  it('lets nobody over the WAN take a fresh local address', () => {
    const registry = having(seen(), seen({ mac: otherMac, place: abroad }));
    assert.equal(findOwner(registry, 0, '10.0.0.1')!.mac, mac);
    assert.deepEqual(findEntry(registry, 0, otherMac)!.ips, []);
  });

  it('learns no group address as a sender, and no more senders than its limit', () => {
    assert.deepEqual(learn(toRegistry([]), seen({ mac: '01:00:5e:00:00:01' })).changes, []);
    assert.deepEqual(learn(toRegistry([]), seen({ mac: '00:00:00:00:00:00' })).changes, []);
    const listed: RegistryEntry = {
      ...{ vlan: 0, mac: otherMac, ips: [], place: there },
      learntFrom: 'listed',
      learntAt: minutes(0),
    };
    const registry = toRegistry([listed], { limits: { ...defaultLimits, macsPerSegment: 2 } });
    const macs = ['01', '02', '03'].map((last) => `52:54:01:00:00:${last}`);
    const learnt = macs.map(
      (address, index) => learn(registry, seen({ mac: address, ip: `10.0.1.${index}` })).changes.length,
    );
    assert.deepEqual(learnt, [1, 1, 0], 'what is listed does not count');
    expire(registry, minutes(1), 0);
    assert.equal(learn(registry, seen({ mac: macs[2]! })).changes.length, 1, 'who is forgotten makes room');
  });

  it('answers neither the owner itself nor for a target behind the asking port', () => {
    const registry = having(seen());
    const question = { vlan: 0, target: '10.0.0.1', asker: otherMac, place: there };
    assert.equal(findAnswer(registry, question)!.mac, mac);
    assert.equal(findAnswer(registry, { ...question, asker: mac }), undefined);
    assert.equal(findAnswer(registry, { ...question, place: here }), undefined);
    assert.equal(findAnswer(registry, { ...question, vlan: 10 }), undefined);
    assert.equal(findAnswer(registry, { ...question, target: '10.0.0.9' }), undefined);
  });

  it('answers an ordinary question as it would after learning, and leaves every other case', () => {
    const pick = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
    const ips = pick('10.0.0.1', '10.0.0.2', '10.0.0.3');
    const observation = fc.record({
      ...{ mac: pick(mac, otherMac), ip: ips, place: pick<Place>(here, there, abroad), vlan: pick(0, 10) },
      minute: pick(0, 1),
    });
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 6 }), observation, ips, (before, { minute, ...asker }, target) => {
        const registry = having(...before.map(({ minute, ...seenThen }) => seen({ ...seenThen, at: minutes(minute) })));
        const at = minutes(minute);
        const { high, low } = toMacNumber(asker.mac);
        const ordinary = findOrdinaryAnswer(
          registry,
          {
            ...{ vlan: asker.vlan, macHigh: high, macLow: low },
            ...{ ip: toIpv4Number(asker.ip), targetIp: toIpv4Number(target) },
          },
          placeIdOf(registry, asker.place),
          at.getTime(),
        );
        if (ordinary === undefined) return;
        const known = entriesOf(registry);
        assert.deepEqual(learn(registry, seen({ ...asker, at })), { changes: [] });
        assert.deepEqual(entriesOf(registry), known, 'nothing was learnt');
        const question = { vlan: asker.vlan, target, asker: asker.mac, place: asker.place };
        assert.equal(
          findAnswer(registry, question)?.mac,
          fromMacNumber({ high: ordinary.macHigh, low: ordinary.macLow }),
        );
        assert.deepEqual(registry.places[ordinary.placeId], findAnswer(registry, question)!.place);
      }),
    );
  });

  it('takes for ordinary who stands as known, for half a minute', () => {
    const registry = having(seen(), seen({ mac: otherMac, ip: '10.0.0.2', place: there }));
    const asked = {
      vlan: 0,
      macHigh: 0x5254,
      macLow: 1,
      ip: toIpv4Number('10.0.0.1'),
      targetIp: toIpv4Number('10.0.0.2'),
    };
    const at = (ms: number, placeId = placeIdOf(registry, { ...here })) =>
      findOrdinaryAnswer(registry, asked, placeId, minutes(0).getTime() + ms)?.macLow;
    assert.equal(at(29_000), 2);
    assert.equal(at(30_000), undefined, 'it is to be noted again');
    assert.equal(at(0, placeIdOf(registry, there)), undefined, 'it has moved');
  });

  it('forgets what was learnt and is silent, not what is listed', () => {
    const listed: RegistryEntry = {
      vlan: 0,
      mac: otherMac,
      ips: [],
      place: there,
      learntFrom: 'listed',
      learntAt: minutes(0),
    };
    const registry = toRegistry([listed, ...entriesOf(having(seen()))]);
    assert.deepEqual(expire(registry, minutes(59), 3_600_000), []);
    const expired = expire(registry, minutes(61), 3_600_000);
    assert.deepEqual(
      expired.map((entry) => entry.mac),
      [mac],
    );
    assert.deepEqual(entriesOf(registry), [listed]);
    assert.equal(findOwner(registry, 0, '10.0.0.1'), undefined);
  });

  it('starts from the NICs and hosts that the VI lists, where their place is known', () => {
    const site = toSite({
      name: 's',
      number: 1,
      computeNodes: 1,
      externalPorts: [
        { name: 'lan1', vlans: [0, 10] },
        { name: 'lan2', vlans: [0] },
      ],
    });
    const host = (last: string, vlan: number, at: string) => ({ mac: `52:54:00:99:00:${last}`, vlan, site: at });
    const vi = toVi({
      viNumber: 1,
      key: 1,
      vmNodes: ['s-n1'],
      gateway: 's-gw',
      peers: [{ name: 'p', number: 2 }],
      externalPorts: [
        { name: 'lan1', node: 's-gw', vlans: [0, 10] },
        { name: 'lan2', node: 's-gw', vlans: [0] },
      ],
      hosts: [host('01', 10, 's'), host('02', 0, 's'), host('03', 0, 'p'), host('04', 0, 'unknown')],
    });
    const places = new Map(deriveListedEntries(vi, site, minutes(0)).map((entry) => [entry.mac, entry.place]));
    assert.deepEqual(places.get(vi.vms[0]!.nics[0]!.mac), { kind: 'port', node: 's-n1', portName: 't1-1' });
    assert.deepEqual(places.get('52:54:00:99:00:01'), { kind: 'port', node: 's-gw', portName: 'lan1' });
    assert.equal(places.get('52:54:00:99:00:02'), undefined, 'behind one of two ports');
    assert.deepEqual(places.get('52:54:00:99:00:03'), { kind: 'site', site: 'p' });
    assert.equal(places.get('52:54:00:99:00:04'), undefined, 'a site that is no peer');
  });

  it('prefers what was learnt to what is listed, as long as the place exists', () => {
    const listed: RegistryEntry = { vlan: 0, mac, ips: [], place: here, learntFrom: 'listed', learntAt: minutes(0) };
    const learnt: RegistryEntry = { ...listed, place: there, learntFrom: 'arp' };
    const placeOf = (exists: boolean) =>
      findEntry(
        mergeEntries([listed], [learnt], () => exists),
        0,
        mac,
      )!.place;
    assert.deepEqual(placeOf(true), there);
    assert.deepEqual(placeOf(false), here);
  });

  it('leaves what was learnt no address that is listed for another machine by now', () => {
    const listed = {
      vlan: 0,
      mac,
      ips: ['10.0.0.1'],
      place: here,
      learntFrom: 'listed',
      learntAt: minutes(0),
    } as const;
    const learnt = { ...listed, mac: otherMac, ips: ['10.0.0.1', '10.0.0.2'], learntFrom: 'arp' } as const;
    const registry = mergeEntries(
      [{ ...listed, ips: [...listed.ips] }],
      [{ ...learnt, ips: [...learnt.ips] }],
      () => true,
      {
        listedOwners: new Map([['0 10.0.0.1', mac]]),
      },
    );
    assert.equal(findOwner(registry, 0, '10.0.0.1')?.mac, mac);
    assert.deepEqual(findEntry(registry, 0, mac)?.ips, ['10.0.0.1']);
    assert.deepEqual(findEntry(registry, 0, otherMac)?.ips, ['10.0.0.2']);
  });
});

describe('limits of a registry', () => {
  const limits = {
    ...defaultLimits,
    macsPerVmPort: 2,
    macsPerLan: 3,
    ipsPerMac: 2,
    movesPerMinute: 3,
    dampSeconds: 30,
  };
  const isVmPort = (place: Place): boolean => place.kind === 'port';
  const seconds = (count: number): Date => new Date(minutes(0).getTime() + count * 1000);
  const macOf = (index: number): string => `52:54:00:00:01:0${index}`;

  it('take as many machines behind a port as it may have, and no more', () => {
    const registry = toRegistry([], { limits, isVmPort });
    const tell = (index: number, place: Place) =>
      learn(registry, seen({ mac: macOf(index), ip: `10.0.1.${index}`, place })).refused;
    assert.deepEqual(
      [1, 2, 3].map((index) => tell(index, here)),
      [undefined, undefined, 'portFull'],
    );
    assert.deepEqual(
      [4, 5, 6, 7].map((index) => tell(index, abroad)),
      [undefined, undefined, undefined, 'portFull'],
    );
    assert.equal(tell(1, here), undefined, 'who is known stays known');
    assert.equal(tell(3, there), undefined, 'another port has room');
    assert.equal(tell(1, there), undefined, 'and takes one who moves there');
    assert.equal(tell(2, there), 'portFull');
  });

  it('give up where a machine was that has moved to where there is no room: it is not there any more', () => {
    const registry = toRegistry([], { limits, isVmPort });
    const tell = (changes: Partial<Observation>) => learn(registry, seen(changes));
    tell({});
    for (const index of [1, 2]) tell({ mac: macOf(index), ip: `10.0.1.${index}`, place: there });
    const { changes, refused, givenUp } = tell({ place: there });
    assert.deepEqual([changes, refused, givenUp?.place], [[], 'portFull', here]);
    assert.equal(findEntry(registry, 0, mac), undefined);
    assert.equal(findOwner(registry, 0, '10.0.0.1'), undefined);
    assert.equal(tell({ place: there }).givenUp, undefined, 'once');
    assert.equal(tell({ mac: macOf(3), ip: '10.0.1.3' }).refused, undefined, 'it leaves room where it was');
    assert.equal(tell({}).changes.length, 1, 'and is learnt again where there is room');
  });

  it('do not let a full port make another machine unknown again and again', () => {
    const registry = toRegistry([], { limits, isVmPort });
    for (const index of [1, 2]) learn(registry, seen({ mac: macOf(index), ip: `10.0.1.${index}`, place: there }));
    const claims = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(
      (at) => learn(registry, seen({ place: at % 2 === 0 ? here : there, at: seconds(at) })).refused,
    );
    assert.deepEqual(
      claims.filter((refused) => refused !== undefined),
      ['portFull', 'portFull', 'portFull', 'flapping'],
    );
    assert.deepEqual(findEntry(registry, 0, mac)?.place, here);
  });

  it('are not for machines that the VI lists: none is one too many, wherever it moves, and none is forgotten', () => {
    const site = toSite({ name: 's', number: 1, computeNodes: 1 });
    const host = { mac: '52:54:00:99:00:01', vlan: 10, site: 'nobody knows which port' };
    const vi = toVi({ viNumber: 1, key: 1, vmNodes: ['s-n1'], hosts: [host], macSite: 7 });
    const nic = vi.vms[0]!.nics[0]!;
    const registry = toRegistry(deriveListedEntries(vi, site, minutes(0)), {
      limits: { ...limits, macsPerSegment: 2 },
      isVmPort,
      listedMachines: deriveListedMachines(vi),
    });
    for (const index of [1, 2]) learn(registry, seen({ mac: macOf(index), ip: `10.0.1.${index}`, place: there }));
    const tell = (changes: Partial<Observation>) => learn(registry, seen({ place: there, ...changes })).refused;
    assert.equal(tell({ mac: macOf(3), ip: '10.0.1.3' }), 'segmentFull');
    assert.equal(tell({ mac: nic.mac, ip: nic.ip! }), undefined, 'a NIC that has moved');
    assert.equal(tell({ mac: host.mac, vlan: 10, ip: '10.0.1.9' }), undefined, 'a host whose port was not known');
    assert.equal(tell({ mac: host.mac, ip: '10.0.1.10' }), 'segmentFull', 'the same address in a VLAN of others');
    const expired = expire(registry, minutes(600), 3_600_000);
    assert.deepEqual(
      expired.map((entry) => entry.mac),
      [1, 2].map(macOf),
    );
    assert.deepEqual(findEntry(registry, 0, nic.mac)?.place, there);
    const room = [4, 5].map((index) => tell({ mac: macOf(index), ip: `10.0.1.${index}` }));
    assert.deepEqual(room, [undefined, undefined], 'and they take no room from others');
  });

  it('leave an address where it is that is claimed from two places in turn, for a while', () => {
    const registry = toRegistry([], { limits, isVmPort });
    const claims = [0, 1, 2, 3, 4, 5].map(
      (at) => learn(registry, seen({ place: at % 2 === 0 ? here : there, at: seconds(at) })).refused,
    );
    assert.deepEqual(claims, [undefined, undefined, undefined, undefined, 'flapping', undefined]);
    assert.deepEqual(findEntry(registry, 0, mac)!.place, there);
    assert.equal(learn(registry, seen({ place: here, at: seconds(33) })).refused, 'flapping');
    assert.equal(learn(registry, seen({ place: here, at: seconds(35) })).refused, undefined);
  });

  it('leave an IP with whom it is that two machines claim in turn', () => {
    const registry = toRegistry([], { limits, isVmPort });
    const claims = [0, 1, 2, 3, 4, 5].map(
      (at) => learn(registry, seen({ mac: macOf(at % 2), announces: true, at: seconds(at) })).refused,
    );
    assert.deepEqual(claims, [undefined, undefined, undefined, undefined, 'flapping', undefined]);
    assert.equal(findOwner(registry, 0, '10.0.0.1')!.mac, macOf(1));
  });

  it('let a machine change addresses, and not make them up', () => {
    const registry = toRegistry([], { limits, isVmPort });
    const said = [1, 2, 3, 4, 5, 6, 7].map(
      (index) => learn(registry, seen({ ip: `10.0.2.${index}`, at: seconds(index) })).refused,
    );
    assert.deepEqual(said, [undefined, undefined, undefined, undefined, undefined, 'tooManyIps', 'tooManyIps']);
    assert.deepEqual(findEntry(registry, 0, mac)!.ips, ['10.0.2.4', '10.0.2.5']);
  });

  it('keep an address that the VI lists with the machine that it lists it for', () => {
    const registry = toRegistry([], { limits, isVmPort, listedOwners: new Map([['0 10.0.0.1', mac]]) });
    const { changes, refused } = learn(registry, seen({ mac: otherMac, announces: true }));
    assert.equal(refused, 'listedElsewhere');
    assert.deepEqual(
      changes.map(({ mac: who, ips }) => [who, ips]),
      [[otherMac, []]],
      'that it is there is learnt',
    );
    assert.equal(learn(registry, seen()).refused, undefined);
    assert.equal(learn(registry, seen({ place: there })).refused, undefined, 'its own may move');
  });
});
