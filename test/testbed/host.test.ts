/** What the two kinds of ping print. */
import assert from 'node:assert/strict';
import { parsePing } from '../../src/testbed/host.js';

describe('the output of ping', () => {
  it('of iputils is read', () => {
    const output = `PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.
64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=12.3 ms
64 bytes from 10.0.0.1: icmp_seq=3 ttl=64 time=10.1 ms

--- 10.0.0.1 ping statistics ---
3 packets transmitted, 2 received, 33.3333% packet loss, time 402ms
`;
    assert.deepEqual(parsePing(output), { sent: 3, received: 2, roundTripsMs: [12.3, 10.1] });
  });

  it('of busybox is read', () => {
    const output = `PING 10.0.0.1 (10.0.0.1): 56 data bytes
64 bytes from 10.0.0.1: seq=0 ttl=64 time=20.960 ms

--- 10.0.0.1 ping statistics ---
1 packets transmitted, 1 packets received, 0% packet loss
`;
    assert.deepEqual(parsePing(output), { sent: 1, received: 1, roundTripsMs: [20.96] });
  });

  it('that is something else is refused', () => {
    assert.throws(() => parsePing('ping: bad address'), /not what ping prints/);
  });
});
