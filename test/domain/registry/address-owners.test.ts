/** An address of either family has one owner, who can be found by its text. */
import assert from 'node:assert/strict';
import { createAddressOwners } from '../../../src/domain/registry/address-owners.js';
import type { RegistryEntry } from '../../../src/domain/registry/registry-entry.js';

const entryOf = (mac: string): RegistryEntry => ({
  ...{ vlan: 0, mac, ips: [], place: { kind: 'site', site: 'tokyo' } },
  ...{ learntFrom: 'arp', learntAt: new Date(0) },
});
const host = { macHigh: 0x5254, macLow: 1, placeId: 3, learntAtS: 0 };

describe('owners of addresses', () => {
  for (const [ip, neighbour] of [
    ['10.0.0.1', '10.0.0.2'],
    ['fd00::1', 'fd00::2'],
  ] as const)
    it(`knows whose ${ip} is, and when it is nobody's any more`, () => {
      const owners = createAddressOwners();
      const [first, second] = [entryOf('52:54:00:00:00:01'), entryOf('52:54:00:00:00:02')];
      assert.equal(owners.get(ip), undefined);
      owners.set(ip, first, host);
      owners.set(neighbour, second, host);
      assert.equal(owners.get(ip), first);
      owners.set(ip, second, host);
      assert.equal(owners.get(ip), second);
      owners.delete(ip);
      assert.equal(owners.get(ip), undefined);
      assert.equal(owners.get(neighbour), second);
    });
});
