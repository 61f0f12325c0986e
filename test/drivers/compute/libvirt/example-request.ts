import type { DomainRequest } from '../../../../src/domain/ports/compute-driver.js';

export const exampleRequest: DomainRequest = {
  mark: {
    instance: '0e4d1c2a-5d0b-4b6e-8f5a-1f1b1c1d1e1f',
    connectionId: '3f2a9c1e-77b0-4c1e-9d3e-000000000001',
    version: 2,
  },
  vm: {
    name: 'web-1',
    node: 'node1',
    cpus: 2,
    memoryMiB: 512,
    diskGiB: 10,
    image: 'small',
    nested: true,
    nics: [
      { mac: '52:54:00:00:00:01', ip: '10.0.0.1', prefixLength: 16, portName: 'iris0001' },
      { mac: '52:54:00:00:00:02', ip: 'fd00::1', portName: 'iris0002' },
      { mac: '52:54:00:00:00:03', portName: 'iris0003' },
    ],
    userData: '#cloud-config\npassword: tenant-secret-3141\n',
  },
  bridge: 'br-iris',
  mtu: 1400,
};
