/** Which way a tenant's frames go: captures on the WAN and on osaka's LAN while the host pings, each frame by its outer headers. */
import { startCapture } from '../capture.js';
import { encapsulationOf } from '../encapsulation.js';
import { ping } from '../host.js';
import { linkEnd } from '../machine.js';
import { bearsPattern } from './ping-pattern.js';
import { type Demo, part, show } from './step.js';
import { hostOf, type Tenant, vms } from './tenants.js';

export async function showPath(demo: Demo, tenant: Tenant): Promise<void> {
  const cloud = part(demo, 'cloud');
  const gateway = cloud.sites.osaka.nodes[0]!.machine;
  const [wan, lan] = await Promise.all([
    startCapture(demo.run, linkEnd(gateway, 'wan0'), 'path-wan'),
    startCapture(demo.run, linkEnd(gateway, 'lan0'), 'path-lan'),
  ]);
  const { namespace, name } = hostOf(cloud, tenant);
  for (const { address } of vms) await ping(namespace, address.untagged, { pattern: tenant.pingPattern });
  for (const [where, capture] of [
    ['between the gateways', wan],
    ["between osaka's gateway and its nodes", lan],
  ] as const) {
    const kinds = (await capture.stop()).filter((frame) => bearsPattern(tenant, frame)).map(encapsulationOf);
    const wanted = kinds.filter((kind) => kind === demo.options.encapsulation).length;
    demo.say(
      `capture ${where}: ${kinds.length} frames of ${name}'s pings, ${wanted} of them in ${demo.options.encapsulation}`,
    );
    show(kinds.length > 0 && wanted === kinds.length, `${where} the pings do not go by ${demo.options.encapsulation}`);
  }
}
