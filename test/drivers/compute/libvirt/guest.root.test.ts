/** A real Linux guest, started by the driver: what it finds of what it was promised. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { DomainRequest } from '../../../../src/domain/ports/compute-driver.js';
import { createLibvirtComputeDriver } from '../../../../src/drivers/compute/libvirt/libvirt-compute-driver.js';
import { silentLog } from '../../../../src/lib/log.js';
import { ensureGuestImage } from '../../../../src/testbed/guest/guest-image.js';
import { waitFor } from '../contract.js';
import { createPrivateNode, type PrivateNode } from './private-node.js';
import { createPrivateSite, privateNodeName } from './private-site.js';

describe('compute driver: a Linux guest', function () {
  this.timeout(400_000);
  let node: PrivateNode | undefined;

  before(async () => {
    node = await createPrivateNode();
  });

  after(() => node?.dispose());

  it('finds its name, address, MTU, user data and virtualisation extension', async () => {
    const image = await ensureGuestImage();
    const instance = randomUUID();
    const site = createPrivateSite(node!, [{ name: 'linux', kind: 'kernel', ...image }]);
    const driver = createLibvirtComputeDriver({ site, instance, log: silentLog });
    const request: DomainRequest = {
      mark: { instance, connectionId: randomUUID(), version: 0 },
      vm: {
        name: 'web-1',
        node: privateNodeName,
        cpus: 1,
        memoryMiB: 192,
        diskGiB: 1,
        image: 'linux',
        nested: true,
        nics: [{ mac: '52:54:00:00:00:01', ip: '10.0.0.1', prefixLength: 24, portName: 'tguest' }],
        userData: '#!/bin/sh\necho hostname=$(hostname)\nip address show eth0\n',
      },
      bridge: node!.bridge,
      mtu: 1400,
    };
    const folder = `${node!.folder}/disks/${instance}`;
    const readConsole = async (): Promise<string> => {
      const file = (await readdir(folder)).find((name) => name.endsWith('.console.log'));
      return readFile(`${folder}/${file}`, 'utf8');
    };

    const { nested } = await driver.fingerprint(privateNodeName);
    await driver.ensure(request);
    await driver.run(privateNodeName, request.mark, 'web-1');
    await waitFor('the guest to be ready', async () => (await readConsole()).includes('guest: ready'), 240_000);

    const console = await readConsole();
    assert.ok(console.includes(nested ? 'guest: kvm yes' : 'guest: kvm no'), console);
    assert.match(console, /hostname=web-1/);
    assert.match(console, /mtu 1400/);
    assert.match(console, /52:54:00:00:00:01/);
    assert.match(console, /inet 10\.0\.0\.1\/24/);
  });
});
