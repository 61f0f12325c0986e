/** The guests, asked over the network of their own tenant: nothing here goes through Iris. */
import { waitForSuccess } from '../../lib/wait-until.js';
import { type Host, httpGet, type PingResult, parsePing } from '../host.js';
import { vms } from './tenants.js';
import { type GuestAnswer, parseGuestAnswer } from './user-data.js';

/** What a VM answers to its tenant's host, once it has booted. */
export async function askGuest(host: Host, address: string, timeoutMs = 120_000): Promise<GuestAnswer> {
  const text = await waitForSuccess(() => httpGet(host.namespace, address, '/cgi-bin/who', 2), {
    what: `the VM at ${address} to answer ${host.name}`,
    timeoutMs,
    intervalMs: 250,
  });
  return parseGuestAnswer(text);
}

export const askAllGuests = (host: Host): Promise<GuestAnswer[]> =>
  Promise.all(vms.map(({ address }) => askGuest(host, address.untagged)));

/** A ping from inside a VM. */
export async function pingFromGuest(host: Host, vmAddress: string, target: string): Promise<PingResult> {
  return parsePing(await httpGet(host.namespace, vmAddress, `/cgi-bin/ping?${target}`, 10));
}
