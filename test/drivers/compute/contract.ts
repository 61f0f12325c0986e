/**
 * What every compute driver must do (docs/drivers.md, "Compute driver"), whatever runs its VMs. A rig is a node with a driver
 * on it and the hand of God beside it.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { DriverErrorClass } from '../../../src/domain/errors/driver-error.js';
import type {
  ComputeDriver,
  DomainRequest,
  DomainState,
  ObservedDomain,
} from '../../../src/domain/ports/compute-driver.js';
import type { PlacedVm } from '../../../src/domain/vi/placed-vi.js';
import { lastLook } from '../../support/last-look.js';

export interface ComputeRig {
  driver: ComputeDriver;
  instance: string;
  node: string;
  bridge: string;
  /** An image whose guest stays up until it is told to shut itself down. */
  image: string;
  shutDownGuest(domainName: string): Promise<void>;
  crash(domainName: string): Promise<void>;
  /** An operator pulls the VM's plug behind our back. */
  destroy(domainName: string): Promise<void>;
  addForeignDomain(domainName: string): Promise<void>;
  /** Everything that can be said about a foreign domain; equal before and after. */
  dumpForeignDomain(domainName: string): Promise<string>;
  removeForeignDomain(domainName: string): Promise<void>;
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
}

const deadlineMs = 60_000;
const userData = '#cloud-config\npassword: tenant-secret-3141\n';

/** Port names are unique on the site, so that rigs of several suites can share a machine. */
const portName = (): string => `t${randomUUID().slice(0, 8)}`;

export function createRequest(rig: ComputeRig, change: Partial<PlacedVm> = {}): DomainRequest {
  return {
    mark: { instance: rig.instance, connectionId: randomUUID(), version: 0 },
    vm: {
      name: 'vm1',
      node: rig.node,
      cpus: 1,
      memoryMiB: 64,
      diskGiB: 1,
      image: rig.image,
      nested: true,
      nics: [{ mac: '52:54:00:00:00:01', ip: '10.0.0.1', prefixLength: 24, portName: portName() }],
      userData,
      ...change,
    },
    bridge: rig.bridge,
    mtu: 1400,
  };
}

export const failsAs = (errorClass: DriverErrorClass, node: string) => (error: unknown) => {
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'DriverError', error.stack);
  assert.deepEqual(
    { errorClass, node },
    { errorClass: Reflect.get(error, 'errorClass'), node: Reflect.get(error, 'node') },
  );
  assert.ok(!error.message.includes('tenant-secret'), 'user data is in an error message');
  return true;
};

export async function find(rig: ComputeRig, request: DomainRequest): Promise<ObservedDomain | undefined> {
  const observed = await rig.driver.observe(rig.node);
  return observed.find(
    (domain) => domain.mark.connectionId === request.mark.connectionId && domain.vmName === request.vm.name,
  );
}

export async function waitFor(what: string, holds: () => Promise<boolean>, withinMs = deadlineMs): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) assert.fail(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function waitForState(
  rig: ComputeRig,
  request: DomainRequest,
  state: DomainState,
): Promise<ObservedDomain> {
  let domain: ObservedDomain | undefined;
  await waitFor(`${request.vm.name} to be ${state}`, async () => {
    domain = await find(rig, request);
    return domain?.state === state;
  });
  return domain!;
}

async function hasDisk(rig: ComputeRig, request: DomainRequest): Promise<boolean> {
  const disks = await rig.driver.observeDisks(rig.node);
  return disks.some((disk) => disk.connectionId === request.mark.connectionId && disk.vmName === request.vm.name);
}

const isEmpty = (list: readonly unknown[]): boolean => list.length === 0;

const erase = (rig: ComputeRig, request: DomainRequest): Promise<void> =>
  rig.driver.remove(rig.node, request.mark, request.vm.name, 'erase');

/** Defines the suite inside the caller's `describe`; `rigOf` is asked at run time, after the caller's `before`. */
export function itKeepsTheComputeContract(rigOf: () => ComputeRig): void {
  const made: DomainRequest[] = [];
  let rig: ComputeRig;
  const request = (change?: Partial<PlacedVm>): DomainRequest => {
    const made1 = createRequest(rig, change);
    made.push(made1);
    return made1;
  };

  beforeEach(() => {
    rig = rigOf();
  });

  afterEach(async () => {
    for (const done of made.splice(0)) await erase(rig, done);
    const look = async () => [...(await rig.driver.observe(rig.node)), ...(await rig.driver.observeDisks(rig.node))];
    assert.deepEqual(await lastLook(look, isEmpty, deadlineMs), []);
  });

  it('fingerprint says what the node is', async () => {
    const fingerprint = await rig.driver.fingerprint(rig.node);
    assert.equal(fingerprint.node, rig.node);
    assert.match(fingerprint.accelerator, /^(kvm|tcg)$/);
    assert.ok(
      fingerprint.cpus > 0 && fingerprint.memoryMiB > 0 && fingerprint.diskGiB > 0,
      JSON.stringify(fingerprint),
    );
    assert.deepEqual(await rig.driver.fingerprint(rig.node), fingerprint);
  });

  it('ensure makes a paused VM that bears the mark, and changes nothing when repeated', async () => {
    const wanted = request();
    const first = await rig.driver.ensure(wanted);
    assert.equal(first.state, 'paused');
    assert.equal(first.vmName, 'vm1');
    assert.equal(first.shutDownByGuest, false);
    assert.deepEqual(first.mark, wanted.mark);
    assert.deepEqual(
      first.nics,
      wanted.vm.nics.map((nic) => ({ mac: nic.mac, portName: nic.portName })),
    );
    assert.deepEqual(await rig.driver.ensure(wanted), first);
    assert.deepEqual(await find(rig, wanted), first);
    assert.ok(await hasDisk(rig, wanted));
  });

  it('run lets a paused VM run, and neither run nor ensure disturbs it afterwards', async () => {
    const wanted = request();
    const { domainName } = await rig.driver.ensure(wanted);
    assert.ok(!(await rig.driver.listRunning(rig.node)).includes(domainName), 'paused is not running');
    await rig.driver.run(rig.node, wanted.mark, 'vm1');
    assert.ok((await rig.driver.listRunning(rig.node)).includes(domainName));
    assert.equal((await find(rig, wanted))?.state, 'running');
    await rig.driver.run(rig.node, wanted.mark, 'vm1');
    assert.equal((await rig.driver.ensure(wanted)).state, 'running');
  });

  it('remove keeps the disk or frees it as told, and may be repeated', async () => {
    const wanted = request();
    await rig.driver.ensure(wanted);
    await rig.driver.run(rig.node, wanted.mark, 'vm1');
    for (let time = 0; time < 2; time++) {
      await rig.driver.remove(rig.node, wanted.mark, 'vm1', 'keep');
      assert.equal(await find(rig, wanted), undefined);
      assert.ok(await hasDisk(rig, wanted));
    }
    assert.equal((await rig.driver.ensure(wanted)).state, 'paused');
    for (let time = 0; time < 2; time++) {
      await erase(rig, wanted);
      assert.equal(await find(rig, wanted), undefined);
      assert.ok(!(await hasDisk(rig, wanted)));
    }
  });

  it('a guest that shut itself down stays down until it is removed', async () => {
    const wanted = request();
    const { domainName } = await rig.driver.ensure(wanted);
    await rig.driver.run(rig.node, wanted.mark, 'vm1');
    await rig.shutDownGuest(domainName);
    assert.equal((await waitForState(rig, wanted, 'shutoff')).shutDownByGuest, true);
    assert.equal((await rig.driver.ensure(wanted)).state, 'shutoff');
    await rig.driver.run(rig.node, wanted.mark, 'vm1');
    assert.equal((await find(rig, wanted))?.shutDownByGuest, true);
    await rig.driver.remove(rig.node, wanted.mark, 'vm1', 'keep');
    assert.equal((await rig.driver.ensure(wanted)).state, 'paused');
  });

  it('a VM that crashed or was destroyed by hand is started again by ensure, not by run', async () => {
    const wanted = request();
    const { domainName } = await rig.driver.ensure(wanted);
    await rig.driver.run(rig.node, wanted.mark, 'vm1');
    await rig.crash(domainName);
    assert.equal((await waitForState(rig, wanted, 'crashed')).shutDownByGuest, false);
    await assert.rejects(rig.driver.run(rig.node, wanted.mark, 'vm1'), failsAs('transient', rig.node));
    assert.equal((await rig.driver.ensure(wanted)).state, 'paused');
    await rig.destroy(domainName);
    assert.equal((await waitForState(rig, wanted, 'shutoff')).shutDownByGuest, false);
    assert.equal((await rig.driver.ensure(wanted)).state, 'paused');
  });

  it('a VM that is down is redefined when what is wanted has changed', async () => {
    const wanted = request();
    const { domainName } = await rig.driver.ensure(wanted);
    await rig.destroy(domainName);
    const nics = [...wanted.vm.nics, { mac: '52:54:00:00:00:02', portName: portName() }];
    const grown: DomainRequest = { ...wanted, mark: { ...wanted.mark, version: 1 }, vm: { ...wanted.vm, nics } };
    const observed = await rig.driver.ensure(grown);
    assert.equal(observed.mark.version, 1);
    assert.deepEqual(
      observed.nics,
      nics.map((nic) => ({ mac: nic.mac, portName: nic.portName })),
    );
  });

  it('VMs of the same name of two VIs are two VMs', async () => {
    const [one, other] = [request(), request()];
    await Promise.all([rig.driver.ensure(one), rig.driver.ensure(other)]);
    await rig.driver.run(rig.node, one.mark, 'vm1');
    assert.deepEqual([(await find(rig, one))?.state, (await find(rig, other))?.state], ['running', 'paused']);
    await erase(rig, one);
    assert.equal((await find(rig, other))?.state, 'paused');
    assert.ok(await hasDisk(rig, other));
  });

  it('the same VM asked for several times at once is made once', async () => {
    const wanted = request();
    const observed = await Promise.all([1, 2, 3].map(() => rig.driver.ensure(wanted)));
    for (const domain of observed) assert.deepEqual(domain, observed[0]);
    assert.equal((await rig.driver.observe(rig.node)).length, 1);
  });

  it('a foreign domain of the same name is a conflict, and is neither seen nor touched', async () => {
    const wanted = request();
    const { domainName } = await rig.driver.ensure(wanted);
    await erase(rig, wanted);
    await rig.addForeignDomain(domainName);
    try {
      const before = await rig.dumpForeignDomain(domainName);
      await assert.rejects(rig.driver.ensure(wanted), failsAs('conflict', rig.node));
      await assert.rejects(rig.driver.run(rig.node, wanted.mark, 'vm1'), failsAs('notFound', rig.node));
      await erase(rig, wanted);
      await rig.driver.recover(rig.node);
      assert.deepEqual(await rig.driver.observe(rig.node), []);
      assert.deepEqual(await rig.driver.observeDisks(rig.node), []);
      assert.equal(await rig.dumpForeignDomain(domainName), before);
    } finally {
      await rig.removeForeignDomain(domainName);
    }
  });

  it('what the site file does not name is refused, and leaves nothing behind', async () => {
    const wanted = request({ image: 'no-such-image' });
    await assert.rejects(rig.driver.ensure(wanted), failsAs('permanent', rig.node));
    await assert.rejects(rig.driver.observe('no-such-node'), failsAs('notFound', 'no-such-node'));
    await assert.rejects(rig.driver.run(rig.node, wanted.mark, 'vm1'), failsAs('notFound', rig.node));
    assert.deepEqual(await rig.driver.observe(rig.node), []);
    assert.deepEqual(await rig.driver.observeDisks(rig.node), []);
  });

  it('describe says what would be defined, touches nothing and keeps user data to itself', async () => {
    const wanted = request();
    const text = rig.driver.describe(wanted);
    for (const part of [wanted.mark.connectionId, wanted.vm.nics[0]!.portName, rig.bridge])
      assert.ok(text.includes(part), `${part} is not in ${text}`);
    assert.ok(!text.includes('tenant-secret'));
    assert.equal(await find(rig, wanted), undefined);
  });

  it('recover leaves what is whole alone: running VMs, paused ones and kept disks', async () => {
    const [running, paused, kept] = [request(), request(), request()];
    for (const wanted of [running, paused, kept]) await rig.driver.ensure(wanted);
    await rig.driver.run(rig.node, running.mark, 'vm1');
    await rig.driver.remove(rig.node, kept.mark, 'vm1', 'keep');
    await rig.driver.recover(rig.node);
    await rig.driver.recover(rig.node);
    assert.deepEqual([(await find(rig, running))?.state, (await find(rig, paused))?.state], ['running', 'paused']);
    assert.ok(await hasDisk(rig, kept));
  });

  it('a node that does not answer is a transient failure, and its VMs are there when it does', async () => {
    const wanted = request();
    await rig.driver.ensure(wanted);
    await rig.driver.run(rig.node, wanted.mark, 'vm1');
    await rig.disconnect();
    try {
      const unreachable = failsAs('transient', rig.node);
      await assert.rejects(rig.driver.observe(rig.node), unreachable);
      await assert.rejects(rig.driver.observeDisks(rig.node), unreachable);
      await assert.rejects(rig.driver.fingerprint(rig.node), unreachable);
      await assert.rejects(rig.driver.ensure(wanted), unreachable);
      await assert.rejects(rig.driver.run(rig.node, wanted.mark, 'vm1'), unreachable);
      await assert.rejects(erase(rig, wanted), unreachable);
      await assert.rejects(rig.driver.recover(rig.node), unreachable);
    } finally {
      await rig.reconnect();
    }
    await rig.driver.recover(rig.node);
    assert.equal((await find(rig, wanted))?.state, 'running');
  });
}
