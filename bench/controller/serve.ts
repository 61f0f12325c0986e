/** The same controller for other people's load generators, until it is interrupted. */
import { once } from 'node:events';
import { isIP } from 'node:net';
import { parseListenAddress } from '../../src/openflow/listen-address.js';
import { startArpController } from './arp-controller.js';

interface ServeOptions {
  listen: string;
  known?: string[];
  entries: number;
}

export async function serve(
  { listen, known = [], entries }: ServeOptions,
  say: (line: string) => void,
): Promise<undefined> {
  const address = parseListenAddress(`tcp:${listen}`);
  if (address === undefined) throw new Error(`--listen ${listen}: not HOST:PORT, as in 127.0.0.1:6653 or [::1]:6653`);
  const noAddress = known.find((ip) => isIP(ip) === 0);
  if (noAddress !== undefined) throw new Error(`--known ${noAddress}: not an IP address`);
  const controller = await startArpController({ listen: address, entries, known });
  say(`waiting for switches on ${controller.address}: ${controller.counts().entries} addresses are registered`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await controller.stop();
  const { learnt, up } = controller.counts();
  say(`${learnt} askers were learnt; ${up} switches were connected`);
}
