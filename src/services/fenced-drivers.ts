/**
 * The drivers behind the site's lease: each call that changes something asks first whether it is still this process that may. The drivers
 * ask again between the steps of a long call; here it is also true of those that do not.
 */
import type { ComputeDriver } from '../domain/ports/compute-driver.js';
import type { NetworkDriver } from '../domain/ports/network-driver.js';
import type { SiteLease } from '../domain/ports/site-lease.js';

export const fenceCompute = (compute: ComputeDriver, lease: SiteLease): ComputeDriver => ({
  ...compute,
  async ensure(request) {
    await lease.ensure();
    return compute.ensure(request);
  },
  async run(node, mark, vmName) {
    await lease.ensure();
    return compute.run(node, mark, vmName);
  },
  async remove(node, owner, vmName, disk) {
    await lease.ensure();
    return compute.remove(node, owner, vmName, disk);
  },
  async recover(node) {
    await lease.ensure();
    return compute.recover(node);
  },
});

export const fenceNetwork = (network: NetworkDriver, lease: SiteLease): NetworkDriver => ({
  ...network,
  async ensure(vi) {
    await lease.ensure();
    return network.ensure(vi);
  },
  async remove(vi) {
    await lease.ensure();
    return network.remove(vi);
  },
  async writeNote(node, change) {
    await lease.ensure();
    return network.writeNote(node, change);
  },
  async leave(node) {
    await lease.ensure();
    return network.leave(node);
  },
});
