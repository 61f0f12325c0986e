/**
 * One site whose control plane is on its underlay, as small sites have it: a node with Open vSwitch and libvirt, the machine that Iris is served
 * from, and a neighbour that is neither. OVSDB and OpenFlow are TLS, with certificates by ovs-pki. A tenant has a VM there, and a host on its LAN.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { packageFile } from '../../../src/lib/package-root.js';
import { runCommand } from '../../../src/lib/run-command.js';
import { waitUntil } from '../../../src/lib/wait-until.js';
import { attach } from '../../../src/testbed/ethernet-segment.js';
import { ensureGuestImage } from '../../../src/testbed/guest/guest-image.js';
import { addHost, type Host } from '../../../src/testbed/host.js';
import { hostMtu, raiseSite } from '../../../src/testbed/inter-cloud.js';
import { linkEnd, type Machine, vsctl } from '../../../src/testbed/machine.js';
import {
  addNamespace,
  insideNamespace,
  ipIn,
  type Namespace,
  runInside,
  withoutOffloads,
} from '../../../src/testbed/network-namespace.js';
import { isAlive } from '../../../src/testbed/process-identity.js';
import { namespaceName, type Run, runEnvironment, runPath } from '../../../src/testbed/run-directory.js';
import { startDaemon, waitForDaemon } from '../../../src/testbed/run-processes.js';
import { type Raised, raiseInRun } from '../../testbed/support/raise-in-run.js';

const tenant = { name: 'acme', password: 'acme-secret' };
const datapathId = '00000000000000c1';

export const addresses = { node: '10.6.0.11', controller: '10.6.0.254', neighbour: '10.6.0.200' } as const;
export const ports = { openflow: 6653, ovsdb: 6640 } as const;

export interface SecureSite extends Raised {
  node: Machine;
  /** Where Iris is served. */
  controller: Namespace;
  neighbour: Namespace;
  host: Host;
  /** The command with --json, beside the daemon, as the tenant. Throws for an exit code that is not 0. */
  iris<Result>(...args: string[]): Promise<Result>;
}

/** On the underlay. */
async function addMachineOnLan(run: Run, lan: Namespace, name: string, address: string): Promise<Namespace> {
  const namespace = await addNamespace(run, name);
  await attach({ namespace: lan }, { namespace, interface: 'eth0' }, name);
  await withoutOffloads(namespace, 'eth0');
  await ipIn(namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
  return namespace;
}

/** As docs/operating.md has it. */
async function makeCertificates(run: Run) {
  const folder = runPath(run, 'certificates');
  mkdirSync(folder);
  const pki = (...args: string[]) =>
    runCommand('ovs-pki', [`--dir=${folder}/pki`, `--log=${folder}/log`, '--bits=2048', ...args], {
      cwd: folder,
      timeoutMs: 60_000,
    });
  await pki('init');
  await pki('req+sign', 'iris', 'controller');
  await pki('req+sign', datapathId, 'switch');
  const authority = (name: string): string => `${folder}/pki/${name}/cacert.pem`;
  const pair = (name: string) => ({
    privateKey: `${folder}/${name}-privkey.pem`,
    certificate: `${folder}/${name}-cert.pem`,
  });
  return {
    iris: { ...pair('iris'), caCert: authority('switchca') },
    node: { ...pair(datapathId), caCert: authority('controllerca') },
  };
}

export async function serveSecureSite(): Promise<SecureSite> {
  return raiseInRun(async (run, atEnd) => {
    const plan = { name: 'kobe', nodes: [{ name: 'n1', underlay: addresses.node, compute: true }] };
    const { nodes } = await raiseSite(run, plan);
    const { machine: node, hypervisor } = nodes[0]!;
    const lan = namespaceName(run, 'kobe-lan');
    const controller = await addMachineOnLan(run, lan, 'ctl', addresses.controller);
    const neighbour = await addMachineOnLan(run, lan, 'neighbour', addresses.neighbour);
    const host = await addHost(run, {
      ...{ name: 'host', mac: '52:54:00:00:00:64', address: '192.168.60.100/24', mtu: hostMtu },
      port: linkEnd(node, 'ext1'),
    });
    const certificates = await makeCertificates(run);
    const { privateKey, certificate, caCert } = certificates.node;
    await vsctl(node, 'set-ssl', privateKey, certificate, caCert);
    await vsctl(node, 'set-manager', `pssl:${ports.ovsdb}:${addresses.node}`);

    const siteFile = runPath(run, 'kobe.yaml');
    mkdirSync(runPath(run, 'state'));
    const site = {
      site: 'kobe',
      stateDirectory: runPath(run, 'state'),
      ssl: certificates.iris,
      nodes: [
        {
          name: 'n1',
          compute: {
            ...{ uri: hypervisor!.uri, cpus: 4, memoryMiB: 1024, diskGiB: 16 },
            diskDirectory: hypervisor!.diskDirectory,
          },
          network: {
            ovsdb: `ssl:${addresses.node}:${ports.ovsdb}`,
            controller: `ssl:${addresses.controller}:${ports.openflow}`,
            ...{ datapathId, underlay: addresses.node, datapathType: 'netdev' },
          },
          gateway: { address: '10.255.6.1' },
        },
      ],
      externalPorts: [{ name: 'lan', node: 'n1', interface: 'ext1', vlans: [0], mtu: hostMtu }],
      images: [{ name: 'small', kind: 'kernel', ...(await ensureGuestImage()) }],
      tenants: [{ name: tenant.name }],
      users: [{ ...tenant, tenant: tenant.name }],
    };
    writeFileSync(siteFile, stringify(site), { mode: 0o600 });
    const daemon = startDaemon(run, {
      what: 'iris',
      program: 'ip',
      args: insideNamespace(
        controller,
        ...['env', '-u', 'DATABASE_URL', process.execPath, packageFile('bin', 'iris'), 'serve', '--config', siteFile],
        ...['--log', runPath(run, 'logs', 'iris.json')],
      ),
    });
    atEnd(async () => {
      if (isAlive(daemon)) process.kill(daemon.pid, 'SIGTERM');
      await waitUntil(() => !isAlive(daemon), { what: 'iris to end', timeoutMs: 60_000 });
    });
    await waitForDaemon(daemon, () => readFileSync(daemon.logFile, 'utf8').includes('Iris serves site'), 120_000);
    return {
      ...{ node, controller, neighbour, host },
      async iris<Result>(...args: string[]) {
        const env = { ...runEnvironment(run), IRIS_USER: tenant.name, IRIS_PASSWORD: tenant.password };
        const command = [process.execPath, packageFile('bin', 'iris'), ...args, '--json'] as const;
        const { stdout } = await runInside(controller, command, { env, timeoutMs: 240_000 });
        return JSON.parse(stdout) as Result;
      },
    };
  });
}
