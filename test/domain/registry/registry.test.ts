/** Who is believed: the rules of the registry, one by one. */
import assert from 'node:assert/strict';
import {
  deriveListedEntries,
  expire,
  findAnswer,
  findEntry,
  findOwner,
  learn,
  maximumEntries,
  mergeEntries,
  type Observation,
  type Registry,
  toRegistry,
} from '../../../src/domain/registry/registry.js';
import type { Place, RegistryEntry } from '../../../src/domain/registry/registry-entry.js';
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

const having = (...observations: Observation[]): Registry =>
  observations.reduce((registry, observation) => learn(registry, observation).registry, toRegistry([]));

describe('registry', () => {
  it('learns a sender once', () => {
    const first = learn(toRegistry([]), seen());
    assert.deepEqual(first.changes, [
      { vlan: 0, mac, ips: ['10.0.0.1'], place: here, learntFrom: 'arp', learntAt: minutes(0) },
    ]);
    assert.equal(first.movedFrom, undefined);
    const again = learn(first.registry, seen());
    assert.deepEqual(again, { registry: first.registry, changes: [] });
  });

  it('keeps the same address in two VLANs apart', () => {
    const registry = having(seen(), seen({ vlan: 10, place: there }));
    assert.deepEqual(findEntry(registry, 0, mac)!.place, here);
    assert.deepEqual(findEntry(registry, 10, mac)!.place, there);
  });

  it('takes a sender at another port for moved', () => {
    const { changes, movedFrom, registry } = learn(having(seen()), seen({ place: there, ip: undefined, from: 'rarp' }));
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
    const { changes, registry } = learn(having(seen()), seen({ mac: otherMac, place: there }));
    assert.deepEqual(
      changes.map((entry) => [entry.mac, entry.ips]),
      [
        [mac, []],
        [otherMac, ['10.0.0.1']],
      ],
    );
    assert.equal(findOwner(registry, 0, '10.0.0.1')!.mac, otherMac);
  });

  it('lets nobody over the WAN take a fresh local address', () => {
    const { registry } = learn(having(seen()), seen({ mac: otherMac, place: abroad }));
    assert.equal(findOwner(registry, 0, '10.0.0.1')!.mac, mac);
    assert.deepEqual(findEntry(registry, 0, otherMac)!.ips, []);
  });

  it('learns no group address as a sender, and no more senders than its limit', () => {
    assert.deepEqual(learn(toRegistry([]), seen({ mac: '01:00:5e:00:00:01' })).changes, []);
    assert.deepEqual(learn(toRegistry([]), seen({ mac: '00:00:00:00:00:00' })).changes, []);
    const full = toRegistry(
      Array.from({ length: maximumEntries }, (_, index): RegistryEntry => {
        const hex = index.toString(16).padStart(4, '0');
        const address = `52:54:01:00:${hex.slice(0, 2)}:${hex.slice(2)}`;
        return { vlan: 0, mac: address, ips: [], place: here, learntFrom: 'arp', learntAt: minutes(0) };
      }),
    );
    assert.deepEqual(learn(full, seen()).changes, []);
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

  it('forgets what was learnt and is silent, not what is listed', () => {
    const listed: RegistryEntry = {
      vlan: 0,
      mac: otherMac,
      ips: [],
      place: there,
      learntFrom: 'listed',
      learntAt: minutes(0),
    };
    const registry = toRegistry([listed, ...having(seen()).entries.values()]);
    assert.equal(expire(registry, minutes(59), 3_600_000).registry, registry);
    const later = expire(registry, minutes(61), 3_600_000);
    assert.deepEqual(
      later.expired.map((entry) => entry.mac),
      [mac],
    );
    assert.deepEqual([...later.registry.entries.values()], [listed]);
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
});
