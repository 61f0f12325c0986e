/**
 * Two tenants with the same addresses, at once: each reaches its own VMs and nobody else's. Shown by who answers, and by
 * captures on both hosts' wires and on both VMs' ports while both ping, each with a payload of its own.
 */
import { type Capture, startCapture } from '../capture.js';
import { ping } from '../host.js';
import { linkEnd } from '../machine.js';
import type { LinkEnd } from '../network-namespace.js';
import { showVms } from './co-allocate.js';
import { askAllGuests } from './guests.js';
import { bearsPattern } from './ping-pattern.js';
import { type Demo, part, show } from './step.js';
import { hostOf, type Tenant, tenants, vms } from './tenants.js';

interface Watched {
  owner: Tenant;
  where: string;
  capture: Capture;
}

async function watchedEnds(demo: Demo, owner: Tenant): Promise<{ where: string; end: LinkEnd }[]> {
  const cloud = part(demo, 'cloud');
  const placed = await showVms(demo, owner);
  const vmEnds = placed.map(({ vm, node, port }) => {
    const machine = cloud.sites.osaka.nodes.find(({ name }) => name === node)!.machine;
    return { where: `${owner.name}'s ${vm} on ${node} (port ${port})`, end: linkEnd(machine, port) };
  });
  const host = hostOf(cloud, owner);
  return [{ where: `${host.name}'s wire`, end: host.nic }, ...vmEnds];
}

async function watch(demo: Demo, owner: Tenant): Promise<Watched[]> {
  const ends = await watchedEnds(demo, owner);
  return Promise.all(
    ends.map(async ({ where, end }, index) => ({
      owner,
      where,
      capture: await startCapture(demo.run, end, `isolation-${owner.name}-${index}`),
    })),
  );
}

async function pingAll(demo: Demo, tenant: Tenant): Promise<void> {
  const host = hostOf(part(demo, 'cloud'), tenant);
  const targets = vms.flatMap(({ address }) => [address.untagged, address.tagged]);
  const results = await Promise.all(
    targets.map((target) => ping(host.namespace, target, { pattern: tenant.pingPattern, count: 3 })),
  );
  const received = results.reduce((sum, result) => sum + result.received, 0);
  const sent = results.reduce((sum, result) => sum + result.sent, 0);
  // That all can be reached was shown before; here a busy computer may drop some.
  show(received > 0, `${host.name}: ${received} of ${sent} pings were answered`);
}

const countOf = (tenant: Tenant, frames: readonly Buffer[]): number =>
  frames.filter((frame) => bearsPattern(tenant, frame)).length;

export async function showIsolation(demo: Demo): Promise<void> {
  const everybody = Object.values(tenants);
  const watched = (await Promise.all(everybody.map((tenant) => watch(demo, tenant)))).flat();
  demo.progress('both tenants ping at once');
  await Promise.all(everybody.map((tenant) => pingAll(demo, tenant)));
  for (const { owner, where, capture } of watched) {
    const frames = await capture.stop();
    const stranger = everybody.find(({ name }) => name !== owner.name)!;
    const [own, foreign] = [countOf(owner, frames), countOf(stranger, frames)];
    demo.say(`capture on ${where}: ${own} frames of ${owner.name}'s pings, ${foreign} of ${stranger.name}'s`);
    show(own > 0, `the capture on ${where} has none of ${owner.name}'s own pings`);
    show(foreign === 0, `the capture on ${where} has ${foreign} frames of ${stranger.name}'s`);
  }
}

/** All VMs of the tenant, and only those, answer its host. */
export async function showWhoAnswers(demo: Demo, tenant: Tenant): Promise<void> {
  const host = hostOf(part(demo, 'cloud'), tenant);
  for (const [index, answer] of (await askAllGuests(host)).entries()) {
    const vm = vms[index]!;
    demo.say(`${host.name} asks ${vm.address.untagged}: ${answer.name} of ${answer.tenant} answers`);
    show(answer.tenant === tenant.name, `${vm.address.untagged} is answered by a VM of '${answer.tenant}'`);
    show(answer.name === vm.name, `${vm.address.untagged} is answered by '${answer.name}'`);
  }
}
