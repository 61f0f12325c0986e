/** Addresses as integers and back. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromIpv4Number, fromMacNumber, toIpv4Number, toMacNumber } from '../../src/lib/address-number.js';

const byte = fc.integer({ min: 0, max: 255 });

describe('address number', () => {
  it('is another for each address, and leads back to it', () => {
    assert.deepEqual(toMacNumber('52:54:00:ff:00:01'), { high: 0x5254, low: 0x00ff0001 });
    assert.deepEqual(toMacNumber('00:01:ff:ff:ff:ff'), { high: 1, low: -1 });
    assert.equal(toIpv4Number('10.0.1.2'), 0x0a000102);
    assert.equal(toIpv4Number('255.255.255.255'), -1);
    fc.assert(
      fc.property(
        fc.array(byte, { minLength: 6, maxLength: 6 }),
        fc.array(byte, { minLength: 4, maxLength: 4 }),
        (m, i) => {
          const mac = m.map((part) => part.toString(16).padStart(2, '0')).join(':');
          assert.equal(fromMacNumber(toMacNumber(mac)), mac);
          assert.equal(fromIpv4Number(toIpv4Number(i.join('.'))), i.join('.'));
        },
      ),
    );
  });
});
