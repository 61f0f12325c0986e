/** Who reaches whom inside a tenant's segment: the host and the VMs, untagged and tagged, with the WAN's delay in between. */
import { addVlan, type Host, type PingResult, ping } from '../host.js';
import { pingFromGuest } from './guests.js';
import { type Demo, show } from './step.js';
import { type Address, hostAddress, vlan, vms } from './tenants.js';

interface Measured {
  from: string;
  to: string;
  tag: keyof Address;
  overWan: boolean;
  result: PingResult;
}

const tags: readonly (keyof Address)[] = ['untagged', 'tagged'];

/** The host's interface in the tenant's VLAN. */
export const addTenantVlan = (host: Host): Promise<void> => addVlan(host, vlan, `${hostAddress.tagged}/24`);

async function measureAll(host: Host): Promise<Measured[]> {
  const work = tags.flatMap((tag) => [
    ...vms.map(async (vm) => ({
      ...{ from: host.name, to: vm.name, tag, overWan: true },
      result: await ping(host.namespace, vm.address[tag], { count: 4 }),
    })),
    ...vms.map(async (vm) => ({
      ...{ from: vm.name, to: host.name, tag, overWan: true },
      result: await pingFromGuest(host, vm.address.untagged, hostAddress[tag]),
    })),
    (async () => ({
      ...{ from: vms[0].name, to: vms[1].name, tag, overWan: false },
      result: await pingFromGuest(host, vms[0].address.untagged, vms[1].address[tag]),
    }))(),
  ]);
  return Promise.all(work);
}

const leastOf = ({ roundTripsMs }: PingResult): number => Math.min(...roundTripsMs);

const describe = ({ from, to, tag, result }: Measured): string =>
  `${from} → ${to} ${tag === 'tagged' ? `VLAN ${vlan}` : 'untagged'}: ${result.received} of ${result.sent}` +
  (result.received > 0 ? `, least round trip ${leastOf(result).toFixed(1)} ms` : '');

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
