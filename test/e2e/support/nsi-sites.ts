/**
 * Sites tokyo and osaka on real switches with simulated VMs, each served by an `iris serve` of its own, and a requester that asks both over NSI and
 * is called back. What a hypervisor would plug in, tests plug in themselves: stations in namespaces, so that nothing has to boot.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type CallbackInbox, createCallbackInbox } from '../../../src/client/nsi/callback-inbox.js';
import { createNsiClient, type NsiClient } from '../../../src/client/nsi/nsi-client.js';
import type { Site } from '../../../src/domain/site/site-file.js';
import { silentLog } from '../../../src/lib/log.js';
import { findFreePort } from '../../../src/testbed/demo/served-site.js';
import { createIrisProcess, type IrisProcess } from '../../../src/testbed/soak/iris-process.js';
import { type CallbackService, startCallbackService } from '../../../src/ws/callback-service.js';
import { type OvsSites, raiseSites } from '../../drivers/network/ovs-site.js';
import type { OvsWorld } from '../../drivers/network/ovs-world.js';
import { testDatabase } from '../../support/postgres.js';

export type SiteName = 'tokyo' | 'osaka';
const requesterNsa = 'urn:ogf:network:requester.example.net:2026:nsa';
export const alice = { name: 'alice', password: 'wonderland' };

export interface ServedNsiSite {
  networkId: string;
  nsi: NsiClient;
  /** `http://127.0.0.1:8080` */
  base: string;
  process: IrisProcess;
}

export interface NsiSites {
  machines: OvsSites['machines'];
  tokyo: ServedNsiSite;
  osaka: ServedNsiSite;
  close(): Promise<void>;
}

const compute = { cpus: 8, memoryMiB: 8192, diskGiB: 64 };

/** What the sites have beside their switches. */
const extras: Record<SiteName, (site: Site) => object> = {
  tokyo: () => ({}),
  osaka: ({ nodes }) => ({
    nodes: nodes.map((node) =>
      node.name === 'ogw' ? node : { ...node, compute: { uri: `fake:///${node.name}`, ...compute } },
    ),
    externalPorts: [{ name: 'lan3', node: 'ogw', interface: 'lan3', vlans: ['200-299'] }],
    images: [{ name: 'small', kind: 'kernel', kernel: 'vmlinuz', initrd: 'initrd.img' }],
  }),
};

interface Parts {
  folder: string;
  inbox: CallbackInbox;
  callbacks: CallbackService;
}

async function serve({ folder, inbox, callbacks }: Parts, site: Site): Promise<ServedNsiSite> {
  const name = site.site as SiteName;
  const port = await findFreePort();
  const stateDirectory = join(folder, name);
  mkdirSync(stateDirectory);
  const siteFile = join(folder, `${name}.yaml`);
  const { nsaId, networkId } = site.nsi!;
  const content = {
    ...site,
    ...extras[name](site),
    ...{ database: await testDatabase(), stateDirectory, drivers: { compute: 'fake', network: 'ovs' } },
    listen: { soap: `127.0.0.1:${port}` },
    users: [{ ...alice, tenant: 'alpha' }],
    nsi: { nsaId, networkId, requesters: [{ nsaId: requesterNsa, tenant: 'alpha', withoutCredential: true }] },
  };
  writeFileSync(siteFile, stringify(content), { mode: 0o600 });
  const process = createIrisProcess(folder, name, port, siteFile);
  process.start();
  const base = `http://127.0.0.1:${port}`;
  const nsi = createNsiClient({
    ...{ url: `${base}/nsi/provider`, provider: { nsaId }, requesterNsa },
    callbacks: { inbox, replyTo: callbacks.url },
  });
  return { networkId, nsi, base, process };
}

export async function serveOverNsi(world: OvsWorld): Promise<NsiSites> {
  const folder = mkdtempSync(join(tmpdir(), 'iris-test-nsi-'));
  const inbox = createCallbackInbox();
  const callbacks = await startCallbackService({
    ...{ listen: '127.0.0.1:0', nsa: requesterNsa, callbacks: inbox, log: silentLog },
  });
  const served: ServedNsiSite[] = [];
  async function close(): Promise<void> {
    for (const { nsi } of served) nsi.close();
    await Promise.all(served.map(({ process }) => process.kill()));
    await callbacks.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  try {
    const { machines, ...sites } = await raiseSites(world);
    for (const site of [sites.tokyo, sites.osaka]) served.push(await serve({ folder, inbox, callbacks }, site));
    await Promise.all(served.map(({ process }) => process.ready()));
    const [tokyo, osaka] = served;
    return { machines, tokyo: tokyo!, osaka: osaka!, close };
  } catch (error) {
    await close();
    throw error;
  }
}
