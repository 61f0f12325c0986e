import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Site, siteFileSchema } from '../../../../src/domain/site/site-file.js';
import { createLibvirtComputeDriver } from '../../../../src/drivers/compute/libvirt/libvirt-compute-driver.js';
import { silentLog } from '../../../../src/lib/log.js';
import { runCommand } from '../../../../src/lib/run-command.js';
import { type ComputeRig, itKeepsTheComputeContract } from '../contract.js';
import { createPowerButtonImage } from './power-button-image.js';
import { createPrivateNode, type PrivateNode } from './private-node.js';

const name = 'node1';

const createSite = (node: PrivateNode, image: string): Site =>
  siteFileSchema.parse({
    site: 'test',
    nodes: [
      {
        name,
        compute: { uri: node.uri, cpus: 2, memoryMiB: 1024, diskGiB: 10, diskDirectory: `${node.folder}/disks` },
        network: { ovsdb: 'fake:', controller: 'fake:', datapathId: '0000000000000001', underlay: '192.0.2.1' },
      },
    ],
    images: [{ name: 'small', kind: 'qcow2', file: image }],
    tenants: [{ name: 'tenant' }],
  });

const foreignDomain = (domainName: string): string =>
  `<domain type='qemu'><name>${domainName}</name><memory unit='MiB'>64</memory><os><type machine='q35'>hvm</type></os></domain>`;

describe('compute driver: libvirt', function () {
  this.timeout(120_000);
  let node: PrivateNode;
  let rig: ComputeRig;

  const virsh = async (...args: string[]): Promise<string> =>
    (await runCommand('virsh', ['--quiet', '--connect', node.uri, ...args])).stdout;

  before(async () => {
    node = await createPrivateNode();
    const instance = randomUUID();
    rig = {
      driver: createLibvirtComputeDriver({
        site: createSite(node, await createPowerButtonImage(node.folder)),
        instance,
        log: silentLog,
      }),
      instance,
      node: name,
      bridge: node.bridge,
      image: 'small',
      shutDownGuest: async (domainName) => void (await pressUntilHeard(domainName)),
      crash: async (domainName) => void (await node.run(`kill -9 $(cat /run/libvirt/qemu/${domainName}.pid)`)),
      destroy: async (domainName) => void (await virsh('destroy', domainName)),
      addForeignDomain: async (domainName) => {
        await node.run(`echo "${foreignDomain(domainName)}" >${node.folder}/foreign.xml`);
        await virsh('define', `${node.folder}/foreign.xml`);
        await virsh('start', domainName);
      },
      dumpForeignDomain: (domainName) => virsh(`dumpxml ${domainName}; domstate --reason ${domainName}`),
      removeForeignDomain: async (domainName) => void (await virsh(`destroy ${domainName}; undefine ${domainName}`)),
      disconnect: () => node.stopLibvirt(),
      reconnect: () => node.startLibvirt(),
    };
  });

  after(() => node?.dispose());

  /** A guest that has not come up yet does not hear its power button. */
  async function pressUntilHeard(domainName: string): Promise<void> {
    const giveUpAt = Date.now() + 20_000;
    while ((await virsh('domstate', domainName)).trim() === 'running') {
      if (Date.now() > giveUpAt) assert.fail(`${domainName} does not shut itself down`);
      await virsh(`shutdown ${domainName} --mode acpi; uri`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  itKeepsTheComputeContract(() => rig);
});
