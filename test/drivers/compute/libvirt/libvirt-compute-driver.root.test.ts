import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ComputeDriver, DomainRequest } from '../../../../src/domain/ports/compute-driver.js';
import type { Site } from '../../../../src/domain/site/site-file.js';
import { metadataNamespace } from '../../../../src/domain/vi/mark.js';
import type { PlacedVm } from '../../../../src/domain/vi/placed-vi.js';
import {
  createLibvirtComputeDriver,
  type LibvirtComputeOptions,
} from '../../../../src/drivers/compute/libvirt/libvirt-compute-driver.js';
import { silentLog } from '../../../../src/lib/log.js';
import { runCommand } from '../../../../src/lib/run-command.js';
import { lastLook } from '../../../support/last-look.js';
import {
  type ComputeRig,
  createRequest,
  failsAs,
  find,
  itKeepsTheComputeContract,
  waitFor,
  waitForState,
} from '../contract.js';
import { createPowerButtonImage } from './power-button-image.js';
import { createPrivateNode, type PrivateNode } from './private-node.js';
import { createPrivateSite, privateNodeName as name } from './private-site.js';

const foreignDomain = (domainName: string): string =>
  `<domain type='qemu'><name>${domainName}</name><memory unit='MiB'>64</memory><os><type machine='q35'>hvm</type></os></domain>`;

const leftProbe = (instance: string): string =>
  `<domain type='qemu'><name>iris-probe-00000000</name><memory unit='MiB'>64</memory><metadata><iris:probe xmlns:iris='${metadataNamespace}' instance='${instance}'/></metadata><os><type machine='q35'>hvm</type></os></domain>`;

describe('compute driver: libvirt', function () {
  this.timeout(400_000);
  const instance = randomUUID();
  let node: PrivateNode;
  let site: Site;
  let rig: ComputeRig;

  const virsh = async (...args: string[]): Promise<string> =>
    (await runCommand('virsh', ['--quiet', '--connect', node.uri, ...args])).stdout;

  const createDriver = (change: Partial<LibvirtComputeOptions> = {}): ComputeDriver =>
    createLibvirtComputeDriver({ site, instance, log: silentLog, ...change });

  before(async () => {
    node = await createPrivateNode();
    site = createPrivateSite(node, [
      { name: 'small', kind: 'qcow2', file: await createPowerButtonImage(node.folder) },
      { name: 'absent', kind: 'kernel', kernel: '/no/such/kernel', initrd: '/no/such/initrd' },
    ]);
    rig = {
      driver: createDriver(),
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
  const pressUntilHeard = (domainName: string): Promise<void> =>
    waitFor(`${domainName} to shut itself down`, async () => {
      await virsh(`shutdown ${domainName} --mode acpi; uri`);
      return (await virsh('domstate', domainName)).trim() === 'shut off';
    });

  itKeepsTheComputeContract(() => rig);

  describe('beyond the contract', () => {
    const made: DomainRequest[] = [];
    const request = (change?: Partial<PlacedVm>): DomainRequest => {
      const wanted = createRequest(rig, change);
      made.push(wanted);
      return wanted;
    };
    const pool = (): string => `iris-${rig.instance}`;
    const listNames = async (...args: string[]): Promise<string[]> =>
      (await virsh(...args)).split('\n').flatMap((line) => line.trim().split(/\s+/)[0] || []);

    afterEach(async () => {
      for (const done of made.splice(0)) await rig.driver.remove(name, done.mark, done.vm.name, 'erase');
      const lookAtLeft = async () => ({
        domains: await listNames('list', '--all', '--name'),
        volumes: await listNames('vol-list', pool()),
        ports: await listPorts(),
      });
      const nothing = { domains: [], volumes: [], ports: [node.bridge] };
      assert.deepEqual(await lastLook(lookAtLeft, (left) => isDeepStrictEqual(left, nothing)), nothing);
    });

    const listPorts = async (): Promise<string[]> =>
      (await node.run(`ovs-vsctl --bare --columns=name list Interface`)).split('\n').filter((line) => line !== '');

    it('the NIC stands on our bridge under its placed name, with its MTU', async () => {
      const wanted = request();
      const { portName } = wanted.vm.nics[0]!;
      await rig.driver.ensure(wanted);
      assert.equal(await node.run(`ovs-vsctl port-to-br ${portName}`), node.bridge);
      assert.match(await node.run(`ip link show ${portName}`), / mtu 1400 /);
    });

    it('the guest is given a read-only NoCloud disk, and its console is kept in a file', async () => {
      const wanted = request();
      const { domainName } = await rig.driver.ensure(wanted);
      const volumes = await listNames('vol-list', pool());
      const seed = volumes.find((volume) => volume.endsWith('.seed.iso'))!;
      const folder = node.folder;
      await virsh('vol-download', '--pool', pool(), seed, `${folder}/seed.iso`);
      const show = (file: string): Promise<string> =>
        node.run(`isoinfo -R -i ${folder}/seed.iso -x /${file}`).then((text) => text.trim());
      assert.match(await node.run(`isoinfo -d -i ${folder}/seed.iso`), /^Volume id: cidata$/m);
      assert.equal(await show('user-data'), wanted.vm.userData!.trim());
      assert.match(await show('meta-data'), /^local-hostname: vm1$/m);
      assert.match(await show('network-config'), /macaddress: 52:54:00:00:00:01[\s\S]*10\.0\.0\.1\/24/);
      assert.match(await virsh('dumpxml', domainName), /seed\.iso'[\s\S]*?<readonly\/>/);
      assert.ok(!(await virsh('dumpxml', domainName)).includes('tenant-secret'));

      await rig.driver.run(name, wanted.mark, 'vm1');
      const console = volumes.find((volume) => volume.endsWith('.console.log'))!;
      await waitFor('the guest to write to its console', async () => {
        await virsh('vol-download', '--pool', pool(), console, `${folder}/console.log`);
        return (await readFile(`${folder}/console.log`, 'utf8')).includes('!');
      });
    });

    it('a disk is an overlay of its image, and the image is left alone', async () => {
      const before = await readFile(`${node.folder}/power-button.qcow2`);
      const wanted = request();
      await rig.driver.ensure(wanted);
      const disk = (await listNames('vol-list', pool())).find((volume) => volume.endsWith('.qcow2'))!;
      const xml = await virsh('vol-dumpxml', '--pool', pool(), disk);
      assert.match(xml, /<backingStore>\s*<path>[^<]*power-button\.qcow2<\/path>\s*<format type='qcow2'\/>/);
      assert.match(xml, /<capacity unit='bytes'>1073741824<\/capacity>/);
      assert.deepEqual(await readFile(`${node.folder}/power-button.qcow2`), before);
    });

    it('libvirt that refuses a definition is a permanent failure', async () => {
      const wanted = request({ nics: [{ mac: 'not-a-mac', portName: 'tnotamac' }] });
      await assert.rejects(rig.driver.ensure(wanted), failsAs('permanent', name));
      assert.equal(await find(rig, wanted), undefined);
    });

    it('a name that XML cannot carry is a permanent failure', async () => {
      await assert.rejects(
        rig.driver.ensure(request({ image: 'small', name: 'a\u0001b' })),
        failsAs('permanent', name),
      );
    });

    it('more memory than there is is a permanent failure, and the VM that needs less starts', async () => {
      const wanted = request({ memoryMiB: 1 << 28 });
      await assert.rejects(rig.driver.ensure(wanted), failsAs('permanent', name));
      assert.equal((await find(rig, wanted))?.state, 'shutoff');
      const smaller = { ...wanted, vm: { ...wanted.vm, memoryMiB: 64 } };
      assert.equal((await rig.driver.ensure(smaller)).state, 'paused');
    });

    it('an image that the node has not got is a permanent failure', async () => {
      await assert.rejects(rig.driver.ensure(request({ image: 'absent' })), failsAs('permanent', name));
    });

    it('a VM runs on while libvirtd is restarted, and is found again', async () => {
      const wanted = request();
      const { domainName } = await rig.driver.ensure(wanted);
      await rig.driver.run(name, wanted.mark, 'vm1');
      const pid = await node.run(`cat /run/libvirt/qemu/${domainName}.pid`);
      await node.stopLibvirt();
      await node.startLibvirt();
      await rig.driver.recover(name);
      assert.equal((await rig.driver.ensure(wanted)).state, 'running');
      assert.equal(await node.run(`cat /run/libvirt/qemu/${domainName}.pid`), pid);
    });

    it('a VM that stays in a new version is the same process, and a new version of its neighbour does not touch it', async () => {
      const [stays, other] = [request(), request({ name: 'vm2' })];
      const { domainName } = await rig.driver.ensure(stays);
      await rig.driver.run(name, stays.mark, 'vm1');
      await rig.driver.ensure(other);
      const identity = (): Promise<string> =>
        node.run(`cat /run/libvirt/qemu/${domainName}.pid; virsh -c '${node.uri}' domuuid ${domainName}`);
      const before = await identity();
      const next = { ...stays, mark: { ...stays.mark, version: 1 } };
      assert.equal((await rig.driver.ensure(next)).state, 'running');
      await rig.driver.run(name, next.mark, 'vm1');
      await rig.driver.remove(name, other.mark, 'vm2', 'erase');
      assert.equal(await identity(), before);
      assert.equal((await find(rig, stays))?.mark.version, 0);
    });

    it('a VM of another size is the same machine, larger, on the disk that it had', async () => {
      const wanted = request();
      const { domainName } = await rig.driver.ensure(wanted);
      const capacityOf = async (): Promise<string> => {
        const disk = (await listNames('vol-list', pool())).find((volume) => volume.endsWith('.qcow2'))!;
        return /<capacity unit='bytes'>(\d+)</.exec(await virsh('vol-dumpxml', '--pool', pool(), disk))![1]!;
      };
      const file = (await virsh('domblklist', domainName)).match(/\S+\.qcow2/)![0];
      await rig.driver.remove(name, wanted.mark, 'vm1', 'keep');
      await node.run(`qemu-io -c 'write -P 0x5a 512k 64k' ${file}`);
      const larger = {
        ...wanted,
        mark: { ...wanted.mark, version: 1 },
        vm: { ...wanted.vm, cpus: 2, memoryMiB: 96, diskGiB: 3 },
      };
      assert.equal((await rig.driver.ensure(larger)).mark.version, 1);
      assert.match(await virsh('dominfo', domainName), /CPU\(s\): +2\n[\s\S]*Max memory: +98304 KiB/);
      assert.equal(await capacityOf(), String(3 * 1024 ** 3));
      await rig.driver.remove(name, wanted.mark, 'vm1', 'keep');
      await node.run(`qemu-io -r -c 'read -P 0x5a 512k 64k' ${file}`);
      await rig.driver.ensure(wanted);
      assert.equal(await capacityOf(), String(3 * 1024 ** 3), 'a disk never shrinks');
    });

    it('that a guest shut itself down is remembered when libvirt has forgotten it', async () => {
      const wanted = request();
      const { domainName } = await rig.driver.ensure(wanted);
      await rig.driver.run(name, wanted.mark, 'vm1');
      await rig.shutDownGuest(domainName);
      assert.equal((await waitForState(rig, wanted, 'shutoff')).shutDownByGuest, true);
      await node.stopLibvirt();
      await node.startLibvirt();
      assert.match(await virsh('domstate', '--reason', domainName), /unknown/);
      assert.equal((await find(rig, wanted))?.shutDownByGuest, true);
      assert.equal((await rig.driver.ensure(wanted)).state, 'shutoff');
    });

    it('libvirtd that hangs is a transient failure in bounded time', async () => {
      const impatient = createDriver({ commandTimeoutMs: 1_000 });
      await node.freezeLibvirt();
      try {
        await assert.rejects(impatient.observe(name), failsAs('transient', name));
        await assert.rejects(impatient.ensure(request()), failsAs('transient', name));
      } finally {
        await node.thawLibvirt();
      }
    });

    it('recover removes a probe, a seed without domain and a domain without disk, and nothing else', async () => {
      const [whole, diskless] = [request(), request()];
      await rig.driver.ensure(whole);
      const { domainName } = await rig.driver.ensure(diskless);
      await rig.destroy(domainName);
      const volumes = await listNames('vol-list', pool());
      const diskOfSecond = volumes.find((v) => v.startsWith(diskless.mark.connectionId) && v.endsWith('.qcow2'))!;
      await virsh('vol-delete', '--pool', pool(), diskOfSecond);
      await virsh('vol-create-as', pool(), `${randomUUID()}_vm1.seed.iso`, '0', '--format', 'raw');
      await virsh('vol-create-as', pool(), 'iris-probe-00000000.img', '0', '--format', 'raw');
      await node.run(`echo "${leftProbe(rig.instance)}" >${node.folder}/probe.xml`);
      await virsh('define', `${node.folder}/probe.xml`);

      await rig.driver.recover(name);
      assert.deepEqual(
        (await rig.driver.observe(name)).map((domain) => domain.mark.connectionId),
        [whole.mark.connectionId],
      );
      assert.equal((await listNames('list', '--all', '--name')).length, 1);
      const left = (await listNames('vol-list', pool())).filter((v) => !v.startsWith(diskless.mark.connectionId));
      assert.deepEqual(
        left,
        volumes.filter((v) => v.startsWith(whole.mark.connectionId)),
      );
      assert.equal((await rig.driver.ensure(diskless)).state, 'paused');
    });

    it('what another site instance made on the same node is foreign', async () => {
      const wanted = request();
      await rig.driver.ensure(wanted);
      const other = createDriver({ instance: randomUUID() });
      assert.deepEqual(await other.observe(name), []);
      assert.deepEqual(await other.observeDisks(name), []);
      await other.recover(name);
      await other.remove(name, { ...wanted.mark, instance: randomUUID() }, 'vm1', 'erase');
      assert.equal((await find(rig, wanted))?.state, 'paused');
    });
  });
});
