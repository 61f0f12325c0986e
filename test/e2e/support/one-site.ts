/**
 * One site of two compute nodes with their own Open vSwitch and libvirt, the first a gateway with a tenant's machine on its LAN, served by a
 * real `iris serve` that can be ended, given another database and started again.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { createRmsClient, type RmsClient } from '../../../src/client/rms-client.js';
import { packageFile } from '../../../src/lib/package-root.js';
import { runCommand } from '../../../src/lib/run-command.js';
import { findFreePort } from '../../../src/testbed/demo/served-site.js';
import { ensureGuestImage } from '../../../src/testbed/guest/guest-image.js';
import { addHost, type Host } from '../../../src/testbed/host.js';
import type { Hypervisor } from '../../../src/testbed/hypervisor.js';
import { hostMtu, raiseSite } from '../../../src/testbed/inter-cloud.js';
import { linkEnd, type Machine } from '../../../src/testbed/machine.js';
import { runEnvironment, runPath } from '../../../src/testbed/run-directory.js';
import { createIrisProcess } from '../../../src/testbed/soak/iris-process.js';
import { createPowerButtonImage } from '../../drivers/compute/libvirt/power-button-image.js';
import { type Raised, raiseInRun } from '../../testbed/support/raise-in-run.js';
import { untilSo } from './until-so.js';

export const bridge = 'br-iris';
const tenant = { name: 'acme', password: 'acme-secret' };
const operator = { name: 'root', password: 'root-secret' };

export interface Health {
  ok: boolean;
  restored?: { reason: string };
  switches: { connected: boolean }[];
}

export interface OneSite extends Raised {
  nodes: { name: string; machine: Machine; hypervisor: Hypervisor }[];
  /** On external port `lan`, untagged. */
  host: Host;
  client: RmsClient;
  health(): Promise<Health | undefined>;
  /** SIGTERM, and a new process, on this database. Resolves when the new one answers. */
  restart(databaseUrl: string): Promise<void>;
  /** The command, as an operator runs it with --json. Throws for an exit code that is not 0. */
  iris<Result>(...args: string[]): Promise<Result>;
}

const hostOptions = { name: 'host', mac: '52:54:00:00:00:64', address: '192.168.60.100/24', mtu: hostMtu };

const plan = {
  name: 'kobe',
  nodes: [
    { name: 'n1', underlay: '10.5.0.11', compute: true },
    { name: 'n2', underlay: '10.5.0.12', compute: true },
  ],
};

export async function serveOneSite(firstDatabase: string): Promise<OneSite> {
  return raiseInRun(async (run, atEnd) => {
    const { nodes } = await raiseSite(run, plan);
    const host = await addHost(run, { ...hostOptions, port: linkEnd(nodes[0]!.machine, 'ext1') });
    const port = await findFreePort();
    const siteFile = runPath(run, 'kobe.yaml');
    mkdirSync(runPath(run, 'state'));
    const site = {
      site: 'kobe',
      stateDirectory: runPath(run, 'state'),
      listen: { soap: `127.0.0.1:${port}` },
      bridge,
      nodes: nodes.map(({ name, machine, hypervisor, underlay }, index) => ({
        name,
        compute: {
          ...{ uri: hypervisor!.uri, cpus: 4, memoryMiB: 2048, diskGiB: 16 },
          diskDirectory: hypervisor!.diskDirectory,
        },
        network: {
          ovsdb: machine.ovsdb,
          datapathId: `${index + 1}`.padStart(16, '0'),
          controller: `unix:${machine.switchDirectory}/iris.ctl`,
          ...{ underlay, datapathType: 'netdev' },
        },
        ...(index === 0 ? { gateway: { address: '10.255.5.1' } } : {}),
      })),
      externalPorts: [{ name: 'lan', node: 'n1', interface: 'ext1', vlans: [0], mtu: hostMtu }],
      images: [
        { name: 'small', kind: 'kernel', ...(await ensureGuestImage()) },
        { name: 'mute', kind: 'qcow2', file: await createPowerButtonImage(run.directory) },
      ],
      tenants: [{ name: tenant.name }],
      users: [
        { ...tenant, tenant: tenant.name },
        { ...operator, role: 'operator' },
      ],
    };
    const served = createIrisProcess(runPath(run, 'logs'), 'iris', port, siteFile);
    const client = createRmsClient({ url: served.url, user: tenant.name, password: tenant.password });
    const health = (): Promise<Health | undefined> =>
      fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) }).then(
        async (answer) => (await answer.json()) as Health,
        () => undefined,
      );
    const start = (database: string): void => {
      writeFileSync(siteFile, stringify({ ...site, database }), { mode: 0o600 });
      served.start();
    };
    atEnd(() => served.stop());
    atEnd(() => client.close());
    start(firstDatabase);
    await served.ready();
    return {
      ...{ host, client, health },
      nodes: nodes.map(({ name, machine, hypervisor }) => ({ name, machine, hypervisor: hypervisor! })),
      async restart(database) {
        const code = await served.stop();
        start(database);
        await untilSo('iris to answer again', health).catch((error) => {
          throw new Error(
            `${error.message}; it said: ${readFileSync(runPath(run, 'logs', 'iris.out'), 'utf8').slice(-2_000)}`,
          );
        });
        if (code !== 0) throw new Error(`iris serve ended with ${code} on SIGTERM`);
      },
      async iris<Result>(...args: string[]) {
        const env = {
          ...runEnvironment(run),
          ...{ IRIS_URL: served.url, IRIS_USER: operator.name, IRIS_PASSWORD: operator.password },
        };
        const command = [packageFile('bin', 'iris'), ...args, '--json'];
        const { stdout } = await runCommand(process.execPath, command, { env, timeoutMs: 120_000 });
        return JSON.parse(stdout) as Result;
      },
    };
  });
}
