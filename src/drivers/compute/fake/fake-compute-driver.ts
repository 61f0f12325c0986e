/**
 * A compute driver without any hypervisor: VMs are entries in memory, or files where the site file names a folder for them. It passes
 * the same behavioural suite as libvirt's, and lets a test pull the plug.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { ComputeDriver, DomainRequest, ObservedDomain } from '../../../domain/ports/compute-driver.js';
import type { Site } from '../../../domain/site/site-file.js';
import { findCompute, findImage } from '../compute-nodes.js';
import { toDomainName } from '../domain-name.js';
import { belongsTo, createFakeNode, type FakeDomain, type FakeNode } from './fake-node.js';

/** What a test or a simulated site may do to the nodes from outside. */
export interface FakeComputeControls {
  /** Every call for this node fails as if nothing answered; its VMs run on. */
  disconnect(node: string): void;
  reconnect(node: string): void;
  /** The node loses power: its VMs are off, its disks remain. It answers again after `reconnect`. */
  powerOff(node: string): void;
  /** The hypervisor refuses to start VMs of this name, until `allow`. */
  refuse(node: string, vmName: string): void;
  allow(node: string, vmName: string): void;
  /** The guest shuts itself down, or crashes. */
  shutDownGuest(node: string, domainName: string): void;
  crash(node: string, domainName: string): void;
  /** An operator destroys the VM by hand. */
  destroy(node: string, domainName: string): void;
  /** Somebody else's VM, which no call of ours may see or touch. */
  addForeignDomain(node: string, domainName: string): void;
  removeForeignDomain(node: string, domainName: string): void;
  foreignDomains(node: string): string[];
}

export interface FakeComputeDriver extends ComputeDriver {
  readonly controls: FakeComputeControls;
}

export interface FakeComputeOptions {
  /** Asked when the node has been reached, before anything on it is changed; rejects if it may not be. */
  mayChange?: () => Promise<unknown>;
}

export function createFakeComputeDriver(
  site: Site,
  { mayChange = async () => {} }: FakeComputeOptions = {},
): FakeComputeDriver {
  const nodes = new Map<string, FakeNode>();
  const { directory, latencyMs } = site.simulation;

  const nodeOf = (name: string): FakeNode => {
    findCompute(site, name);
    const node = nodes.get(name) ?? createFakeNode(directory && join(directory, name));
    nodes.set(name, node);
    return node;
  };
  const reach = async (name: string): Promise<FakeNode> => {
    if (latencyMs > 0) await sleep(latencyMs);
    const node = nodeOf(name);
    if (node.dead) throw new DriverError('transient', name, 'does not answer');
    return node;
  };
  const reachToChange = async (name: string): Promise<FakeNode> => {
    const node = await reach(name);
    await mayChange();
    return node;
  };
  const change = (node: string, domainName: string, to: Partial<FakeDomain>): void => {
    const { domains } = nodeOf(node);
    const domain = domains.get(domainName);
    if (domain === undefined) throw new Error(`no simulated domain ${domainName} on ${node}`);
    domains.set(domainName, { ...domain, ...to });
  };

  return {
    capabilities: () => ({ nested: true, userData: true, images: site.images.map((image) => image.name) }),

    async fingerprint(name) {
      await reach(name);
      const { cpus, memoryMiB, diskGiB } = findCompute(site, name);
      return { node: name, hypervisor: 'simulated', accelerator: 'tcg', nested: true, cpus, memoryMiB, diskGiB };
    },

    async observe(name) {
      const node = await reach(name);
      return [...node.domains.entries()].map(([domainName, domain]) => toObserved(name, domainName, domain));
    },

    async listRunning(name) {
      const node = await reach(name);
      const running = [...node.domains.entries()].filter(([, { state }]) => state === 'running');
      return [...running.map(([domainName]) => domainName), ...node.foreign];
    },

    async observeDisks(name) {
      const node = await reach(name);
      return [...node.disks.values()].map((disk) => ({ node: name, ...disk }));
    },

    describe: (request) => describeDomain(site, request),

    async ensure(request) {
      const { node: name, name: vmName, image } = request.vm;
      const node = await reachToChange(name);
      findImage(site, name, image);
      const domainName = toDomainName(request.mark, vmName);
      refuseForeign(name, node, domainName, request);
      const existing = node.domains.get(domainName);
      const domain = mayStayAsItIs(existing) ? existing : define(node, domainName, request);
      if (mayStart(domain)) start(name, node, domain);
      node.domains.set(domainName, domain);
      return toObserved(name, domainName, domain);
    },

    async run(name, mark, vmName) {
      const { domains } = await reachToChange(name);
      const domainName = toDomainName(mark, vmName);
      const domain = domains.get(domainName);
      if (domain === undefined || !belongsTo(domain, mark))
        throw new DriverError('notFound', name, `VM '${vmName}' of ${mark.connectionId} is not defined`);
      if (domain.state === 'paused') domains.set(domainName, { ...domain, state: 'running' });
      if (mayStart(domain)) throw new DriverError('transient', name, `VM '${vmName}' is ${domain.state}`);
    },

    async remove(name, owner, vmName, disk) {
      const node = await reachToChange(name);
      const domainName = toDomainName(owner, vmName);
      const domain = node.domains.get(domainName);
      if (domain !== undefined && belongsTo(domain, owner)) node.domains.delete(domainName);
      if (disk === 'erase' && node.disks.get(domainName)?.connectionId === owner.connectionId)
        node.disks.delete(domainName);
    },

    async recover(name) {
      await reach(name);
    },

    controls: {
      disconnect: (node) => {
        nodeOf(node).dead = true;
      },
      reconnect: (node) => {
        nodeOf(node).dead = false;
      },
      powerOff: (name) => {
        const node = nodeOf(name);
        node.dead = true;
        for (const [domainName, domain] of node.domains.entries())
          if (domain.state !== 'crashed') node.domains.set(domainName, { ...domain, state: 'shutoff' });
      },
      refuse: (node, vmName) => {
        nodeOf(node).refused.add(vmName);
      },
      allow: (node, vmName) => {
        nodeOf(node).refused.delete(vmName);
      },
      shutDownGuest: (node, domainName) => {
        change(node, domainName, { state: 'shutoff', shutDownByGuest: true });
      },
      crash: (node, domainName) => {
        change(node, domainName, { state: 'crashed' });
      },
      destroy: (node, domainName) => {
        change(node, domainName, { state: 'shutoff' });
      },
      addForeignDomain: (node, domainName) => {
        nodeOf(node).foreign.add(domainName);
      },
      removeForeignDomain: (node, domainName) => {
        nodeOf(node).foreign.delete(domainName);
      },
      foreignDomains: (node) => [...nodeOf(node).foreign],
    },
  };
}

const mayStart = (domain: FakeDomain): boolean =>
  domain.state === 'crashed' || (domain.state === 'shutoff' && !domain.shutDownByGuest);

const mayStayAsItIs = (domain: FakeDomain | undefined): domain is FakeDomain =>
  domain !== undefined && !mayStart(domain);

function refuseForeign(name: string, node: FakeNode, domainName: string, request: DomainRequest): void {
  const existing = node.domains.get(domainName);
  if (node.foreign.has(domainName) || (existing !== undefined && !belongsTo(existing, request.mark)))
    throw new DriverError('conflict', name, `a domain named '${domainName}' is there already and is not ours`);
}

function define(node: FakeNode, domainName: string, request: DomainRequest): FakeDomain {
  const { connectionId } = request.mark;
  const domain: FakeDomain = { request: structuredClone(request), state: 'shutoff', shutDownByGuest: false };
  if (!node.disks.has(domainName)) node.disks.set(domainName, { connectionId, vmName: request.vm.name });
  node.domains.set(domainName, domain);
  return domain;
}

function start(name: string, node: FakeNode, domain: FakeDomain): void {
  const { vm } = domain.request;
  if (node.refused.has(vm.name)) throw new DriverError('permanent', name, `VM '${vm.name}' did not start`);
  domain.state = 'paused';
}

function toObserved(node: string, domainName: string, domain: FakeDomain): ObservedDomain {
  const { mark, vm } = domain.request;
  return {
    node,
    mark: { ...mark },
    vmName: vm.name,
    domainName,
    state: domain.state,
    shutDownByGuest: domain.shutDownByGuest,
    nics: vm.nics.map(({ mac, portName }) => ({ mac, portName })),
  };
}

/** User data is a secret and is left out. */
function describeDomain(site: Site, request: DomainRequest): string {
  const { userData, ...vm } = request.vm;
  findImage(site, vm.node, vm.image);
  const { mark, bridge, mtu } = request;
  return JSON.stringify({ domainName: toDomainName(mark, vm.name), mark, bridge, mtu, ...vm }, null, 2);
}
