/** Who reaches whom inside a tenant's segment: the host and the VMs, untagged and tagged, with the WAN's delay in between. */
import { addVlan, type Host, type PingResult, ping } from '../host.js';
import { pingFromGuest } from './guests.js';
import { type Demo, show } from './step.js';
import { type Address, hostAddress, vlan, vms } from './tenants.js';

interface Measured {
  /** How many times it was tried until all were answered: a busy computer drops or delays a frame now and then. */
  tries: number;
  from: string;
  to: string;
  tag: keyof Address;
  overWan: boolean;
  result: PingResult;
}

const tags: readonly (keyof Address)[] = ['untagged', 'tagged'];

/** The host's interface in the tenant's VLAN. */
export const addTenantVlan = (host: Host): Promise<void> => addVlan(host, vlan, `${hostAddress.tagged}/24`);

const triesAtMost = 10;

async function untilAllAnswered(work: () => Promise<PingResult>): Promise<Pick<Measured, 'tries' | 'result'>> {
  for (let tries = 1; ; tries++) {
    const result = await work();
    if (result.received === result.sent || tries === triesAtMost) return { tries, result };
  }
}

async function measureAll(host: Host): Promise<Measured[]> {
  const fromHost = (vm: (typeof vms)[number], tag: keyof Address) =>
    ping(host.namespace, vm.address[tag], { count: 4 });
  const fromVm = (vm: (typeof vms)[number], target: string) => pingFromGuest(host, vm.address.untagged, target);
  const work = tags.flatMap((tag) => [
    ...vms.map((vm) => ({ from: host.name, to: vm.name, tag, overWan: true, ping: () => fromHost(vm, tag) })),
    ...vms.map((vm) => ({
      from: vm.name,
      to: host.name,
      tag,
      overWan: true,
      ping: () => fromVm(vm, hostAddress[tag]),
    })),
    { from: vms[0].name, to: vms[1].name, tag, overWan: false, ping: () => fromVm(vms[0], vms[1].address[tag]) },
  ]);
  return Promise.all(work.map(async ({ ping, ...pair }) => ({ ...pair, ...(await untilAllAnswered(ping)) })));
}

const leastOf = ({ roundTripsMs }: PingResult): number => Math.min(...roundTripsMs);

const describe = ({ from, to, tag, result, tries }: Measured): string =>
  `${from} → ${to} ${tag === 'tagged' ? `VLAN ${vlan}` : 'untagged'}: ${result.received} of ${result.sent}` +
  (result.received > 0 ? `, least round trip ${leastOf(result).toFixed(1)} ms` : '') +
  (tries > 1 ? `, at try ${tries}` : '');

/** Every ping is answered, and those over the WAN take at least twice its delay. */
export async function showReachability(demo: Demo, host: Host): Promise<void> {
  const { delayMs } = demo.options;
  for (const measured of await measureAll(host)) {
    const { result, overWan } = measured;
    demo.say(describe(measured));
    show(result.sent > 0 && result.received === result.sent, `${describe(measured)}: not all were answered`);
    show(!overWan || leastOf(result) >= 2 * delayMs, `${describe(measured)}: less than twice the WAN's ${delayMs} ms`);
  }
}
