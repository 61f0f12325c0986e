/** What a VM says of itself, read back. */
import assert from 'node:assert/strict';
import { parseGuestAnswer, toUserData } from '../../../src/testbed/demo/user-data.js';

describe("a guest's answer", () => {
  it('names tenant, VM, virtualisation extension and addresses', () => {
    assert.deepEqual(parseGuestAnswer('tenant=bob\nname=vm2\nkvm=yes\naddress=10.0.0.2/24\naddress=10.0.1.2/24\n'), {
      tenant: 'bob',
      name: 'vm2',
      kvm: true,
      addresses: ['10.0.0.2/24', '10.0.1.2/24'],
    });
  });

  it('that lacks something has it empty, so that no check passes by it', () => {
    assert.deepEqual(parseGuestAnswer('kvm=no\n'), { tenant: '', name: '', kvm: false, addresses: [] });
  });

  it('comes from a script that the small guest runs as it is', () => {
    const script = toUserData('alice', { untagged: '10.0.0.1', tagged: '10.0.1.1' });
    assert.ok(script.startsWith('#!/bin/sh\n'));
    assert.match(script, /^echo tenant=alice$/m);
    assert.match(script, /address add 10\.0\.1\.1\/24 dev eth0\.100$/m);
  });
});
