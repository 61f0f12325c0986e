/** How `iris doctor` looks at the nodes of a site: through the drivers where they know, and lightly itself where they do not. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError } from '../cli/cli-error.js';
import type { NodeProbe, SwitchSight } from '../cli/doctor/node-probe.js';
import { exitCodes } from '../cli/exit-codes.js';
import type { ComputeDriver } from '../domain/ports/compute-driver.js';
import type { Site, SiteNode } from '../domain/site/site-file.js';
import { systemClock } from '../lib/clock.js';
import { runCommand } from '../lib/run-command.js';
import { lookAtCertificate } from './certificate-files.js';

export interface NodeProbeParts {
  site: Site;
  compute: ComputeDriver;
  lookAtSwitch: (node: SiteNode) => Promise<SwitchSight>;
  /** Only this one; all if absent. */
  node: string | undefined;
}

type Address = NonNullable<Awaited<ReturnType<NodeProbe['lookAtAddresses']>>>[number];

const unixPrefix = 'unix:';
const unixctlName = /^ovs-vswitchd(\.\d+)?\.ctl$/;

/** The switch of a node whose sockets lie here answers which addresses are its own, and the MTU of the device of each. */
async function askSwitchForAddresses(runFolder: string): Promise<Address[] | undefined> {
  const names = await readdir(runFolder).catch((): string[] => []);
  const control = names.find((name) => unixctlName.test(name));
  if (control === undefined) return undefined;
  const ask = (...command: string[]) =>
    runCommand('ovs-appctl', ['-t', join(runFolder, control), ...command], { timeoutMs: 5_000 });
  const { stdout: routes } = await ask('ovs/route/show');
  // `Cached: 10.0.0.1/32 dev br-phy SRC 10.0.0.1 local`
  const own = [...routes.matchAll(/^\S+ (\S+?)\/(?:32|128) dev (\S+) .*\blocal\b/gm)];
  const mtus = await readMtus(`${unixPrefix}${join(runFolder, 'db.sock')}`);
  return own.map(([, address, device]) => ({ address: address!, mtu: mtus.get(device!) }));
}

async function readMtus(ovsdb: string): Promise<Map<string, number>> {
  const args = [`--db=${ovsdb}`, '--format=csv', '--no-headings', '--columns=name,mtu', 'list', 'Interface'];
  const { stdout } = await runCommand('ovs-vsctl', args, { timeoutMs: 5_000 });
  const rows = stdout.split('\n').map((line) => line.replaceAll('"', '').split(','));
  return new Map(rows.filter(([, mtu]) => Number(mtu) > 0).map(([name, mtu]) => [name!, Number(mtu)]));
}

/** What is reached by a unix socket runs on our kernel, and so by our clock. */
const isOfThisMachine = ({ network }: SiteNode): boolean => network.ovsdb.startsWith(unixPrefix);

const speaksSsl = ({ network }: SiteNode): boolean =>
  [network.ovsdb, network.controller].some((address) => address.startsWith('ssl:'));

function createProbe(parts: NodeProbeParts, node: SiteNode): NodeProbe {
  const { site, compute } = parts;
  const { network } = node;
  const local = isOfThisMachine(node);
  return {
    node: node.name,
    expected: {
      compute: node.compute,
      datapathId: network.datapathId,
      bridge: site.bridge,
      comesBySsl: network.controller.startsWith('ssl:'),
      underlay: { address: network.underlay, mtu: network.underlayMtu },
      gateway: node.gateway,
    },
    lookAtCompute: node.compute && (() => compute.fingerprint(node.name)),
    lookAtSwitch: () => parts.lookAtSwitch(node),
    lookAtAddresses: async () =>
      local ? askSwitchForAddresses(dirname(network.ovsdb.slice(unixPrefix.length))) : undefined,
    ...(site.ssl === undefined || !speaksSsl(node)
      ? {}
      : { lookAtCertificate: async () => lookAtCertificate(site.ssl!, systemClock) }),
    lookAtClock: async () => (local ? { skewMs: 0 } : undefined),
  };
}

export function createNodeProbes(parts: NodeProbeParts): NodeProbe[] {
  const { nodes, site: name } = parts.site;
  const wanted = nodes.filter((node) => parts.node === undefined || node.name === parts.node);
  if (wanted.length === 0)
    throw new CliError(
      exitCodes.usage,
      `site ${name} has no node '${parts.node}'; it has ${nodes.map((node) => node.name).join(', ')}`,
    );
  return wanted.map((node) => createProbe(parts, node));
}
