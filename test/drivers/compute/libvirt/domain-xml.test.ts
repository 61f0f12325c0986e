import assert from 'node:assert/strict';
import type { SiteImage } from '../../../../src/domain/site/site-file.js';
import { metadataNamespace } from '../../../../src/domain/vi/mark.js';
import { type DomainSpec, toDomainDefinition } from '../../../../src/drivers/compute/libvirt/domain-xml.js';
import { readXml } from '../../../../src/drivers/compute/libvirt/xml-reader.js';
import { exampleRequest } from './example-request.js';

const kernel: SiteImage = {
  name: 'small',
  kind: 'kernel',
  kernel: '/images/vmlinuz',
  initrd: '/images/initrd',
  commandLine: 'console=ttyS0 title="a & b"',
};
const qcow2: SiteImage = { name: 'small', kind: 'qcow2', file: '/images/small.qcow2' };
const spec: DomainSpec = {
  request: exampleRequest,
  image: qcow2,
  accelerator: 'kvm',
  volumeFolder: '/var/lib/iris/0e4d',
};

const read = (change: Partial<DomainSpec> = {}) => readXml(toDomainDefinition({ ...spec, ...change }).xml);

describe('domain XML', () => {
  it('bears the mark and names the VI for people', async () => {
    const domain = await read();
    const mark = domain.child('metadata')?.child('vm');
    assert.equal(mark?.namespace, metadataNamespace);
    assert.deepEqual(
      ['instance', 'connection', 'version', 'vm', 'shutDownByGuest'].map((name) => mark?.attribute(name)),
      [exampleRequest.mark.instance, exampleRequest.mark.connectionId, '2', 'web-1', undefined],
    );
    assert.equal(domain.child('name')?.text, 'iris-3f2a9c1e-web-1');
    assert.equal(domain.child('title')?.text, `Iris VI ${exampleRequest.mark.connectionId}, VM web-1`);
  });

  it('passes the processor through on KVM, and takes all that TCG has otherwise', async () => {
    const kvm = await read();
    assert.deepEqual([kvm.attribute('type'), kvm.child('cpu')?.attribute('mode')], ['kvm', 'host-passthrough']);
    const tcg = await read({ accelerator: 'tcg' });
    assert.deepEqual([tcg.attribute('type'), tcg.child('cpu')?.attribute('mode')], ['qemu', 'maximum']);
  });

  it('hides the virtualisation extension from a VM that did not ask for it', async () => {
    const disabled = async (nested: boolean) =>
      (await read({ request: { ...exampleRequest, vm: { ...exampleRequest.vm, nested } } }))
        .child('cpu')!
        .children('feature')
        .map((feature) => [feature.attribute('name'), feature.attribute('policy')]);
    assert.deepEqual(await disabled(true), []);
    assert.deepEqual(await disabled(false), [
      ['vmx', 'disable'],
      ['svm', 'disable'],
    ]);
  });

  it('boots a disk, or a kernel whose command line arrives as it is', async () => {
    assert.equal((await read()).child('os')?.child('boot')?.attribute('dev'), 'hd');
    const os = (await read({ image: kernel })).child('os')!;
    assert.deepEqual(
      ['kernel', 'initrd', 'cmdline', 'boot'].map((name) => os.child(name)?.text),
      [kernel.kernel, kernel.initrd, kernel.commandLine, undefined],
    );
  });

  it('plugs each NIC into the bridge under its placed name, without checksum offload', async () => {
    const nics = (await read()).child('devices')!.children('interface');
    assert.deepEqual(
      nics.map((nic) => [nic.child('mac')?.attribute('address'), nic.child('target')?.attribute('dev')]),
      exampleRequest.vm.nics.map((nic) => [nic.mac, nic.portName]),
    );
    for (const nic of nics) {
      assert.equal(nic.child('source')?.attribute('bridge'), 'br-iris');
      assert.equal(nic.child('virtualport')?.attribute('type'), 'openvswitch');
      assert.equal(nic.child('mtu')?.attribute('size'), '1400');
      for (const side of ['host', 'guest'])
        for (const offload of ['csum', 'tso4', 'tso6', 'ecn', 'ufo'])
          assert.equal(nic.child('driver')?.child(side)?.attribute(offload), 'off', `${side} ${offload}`);
    }
  });

  it('has a read-only seed beside its disk', async () => {
    const disks = (await read()).child('devices')!.children('disk');
    assert.deepEqual(
      disks.map((disk) => [
        disk.child('source')?.attribute('file')?.split('_')[1],
        disk.child('readonly') !== undefined,
      ]),
      [
        ['web-1.qcow2', false],
        ['web-1.seed.iso', true],
      ],
    );
  });

  it('never contains user data', () => {
    assert.ok(!toDomainDefinition(spec).xml.includes('tenant-secret'));
  });

  it('has a digest that is the same for the same wish and differs for another', () => {
    const { digest } = toDomainDefinition(spec);
    assert.equal(toDomainDefinition(structuredClone(spec)).digest, digest);
    const others: Partial<DomainSpec>[] = [
      { accelerator: 'tcg' },
      { image: kernel },
      { request: { ...exampleRequest, mtu: 1300 } },
      { request: { ...exampleRequest, vm: { ...exampleRequest.vm, cpus: 3 } } },
    ];
    for (const other of others) assert.notEqual(toDomainDefinition({ ...spec, ...other }).digest, digest);
  });
});
