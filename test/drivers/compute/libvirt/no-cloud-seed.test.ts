import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { deriveSeedFiles } from '../../../../src/drivers/compute/libvirt/no-cloud-seed.js';
import { exampleRequest } from './example-request.js';

describe('NoCloud seed', () => {
  it('tells the guest its name and its networks', () => {
    const files = deriveSeedFiles(exampleRequest);
    assert.equal(parse(files['meta-data'])['local-hostname'], 'web-1');
    assert.deepEqual(parse(files['network-config']), {
      version: 2,
      ethernets: {
        nic0: { match: { macaddress: '52:54:00:00:00:01' }, mtu: 1400, dhcp4: false, addresses: ['10.0.0.1/16'] },
        nic1: { match: { macaddress: '52:54:00:00:00:02' }, mtu: 1400, dhcp4: false, addresses: ['fd00::1/64'] },
        nic2: { match: { macaddress: '52:54:00:00:00:03' }, mtu: 1400, dhcp4: true, optional: true },
      },
    });
  });

  it('hands user data over as it is, and something empty where there is none', () => {
    assert.equal(deriveSeedFiles(exampleRequest)['user-data'], exampleRequest.vm.userData);
    const without = { ...exampleRequest, vm: { ...exampleRequest.vm, userData: undefined } };
    assert.deepEqual(parse(deriveSeedFiles(without)['user-data']), {});
  });

  it('an instance stays the same over versions, so that a guest is not set up twice', () => {
    const next = { ...exampleRequest, mark: { ...exampleRequest.mark, version: 7 } };
    assert.equal(deriveSeedFiles(next)['meta-data'], deriveSeedFiles(exampleRequest)['meta-data']);
  });
});
