/** The demo, step by step. The end-to-end tests run the same table. */
import { basename } from 'node:path';
import { waitUntil } from '../../lib/wait-until.js';
import { ensureGuestImage } from '../guest/guest-image.js';
import { raiseInterCloud } from '../inter-cloud.js';
import { onceSettled } from '../once-settled.js';
import { showRefusal } from './capacity.js';
import { coAllocate, showVms } from './co-allocate.js';
import { startDatabases } from './databases.js';
import { askAllGuests } from './guests.js';
import { installSystemPackages } from './install.js';
import { runIris } from './iris-command.js';
import { showIsolation, showWhoAnswers } from './isolation.js';
import { showPath } from './path.js';
import { addTenantVlan, showReachability } from './reachability.js';
import { releaseEverything, showForeignUntouched, showNothingLeft, showSomethingStands } from './release.js';
import { takeForeignSnapshots } from './remains.js';
import { findFreePort, type ServedSite, serveSite } from './served-site.js';
import { operator, writeSiteFile } from './site-files.js';
import { type Demo, part, type Step, show } from './step.js';
import { hostOf, tenants, vms } from './tenants.js';

const siteNames = ['tokyo', 'osaka'] as const;

async function installWhatIsMissing(demo: Demo): Promise<void> {
  demo.progress('Debian packages');
  const installed = await installSystemPackages(demo.announce);
  demo.say(installed ? 'Debian packages: installed' : 'Debian packages: all there');
  demo.progress('the small guest: kernel and initramfs');
  demo.parts.image = await ensureGuestImage();
  demo.say(`small guest: ${demo.parts.image.kernel}`);
}

async function raise(demo: Demo): Promise<void> {
  const { delayMs, rateMbit } = demo.options;
  const cloud = await raiseInterCloud(demo.run, { delayMs, rateMbit });
  demo.parts.cloud = cloud;
  for (const site of Object.values(cloud.sites))
    demo.say(
      `${site.name}: ${site.nodes.map(({ name, machine }) => `${name} (namespace ${machine.namespace})`).join(', ')}`,
    );
  demo.say(
    `WAN by ${cloud.wan.emulator}: ${delayMs} ms one way, ${rateMbit} Mbit/s; host1 and host2 on LANs of tokyo's gateway`,
  );
  demo.parts.foreignBefore = await onceSettled(() => takeForeignSnapshots(cloud));
  demo.say(
    'there before Iris: on every node a bridge with a controller and two tunnels of somebody else, on compute nodes a VM',
  );
}

async function startAndMigrate(demo: Demo): Promise<void> {
  const databases = await startDatabases(demo.run, process.env.DATABASE_URL);
  demo.parts.databases = databases;
  demo.say(`${databases.server}: a database for each site`);
  const [cloud, image] = [part(demo, 'cloud'), part(demo, 'image')];
  demo.progress('iris migrate');
  const sites = await Promise.all(
    siteNames.map(async (name) => {
      const port = await findFreePort();
      const databaseUrl = databases.urls[name];
      const siteFile = writeSiteFile(cloud, name, { port, databaseUrl, image });
      const { result } = await runIris(demo, operator, 'migrate', '--config', siteFile);
      demo.say(`  ${name}: ${(result as { applied: string[] }).applied.length} migrations applied`);
      return { name, port, siteFile, databaseUrl };
    }),
  );
  demo.parts.prepared = sites;
}

async function serve(demo: Demo): Promise<void> {
  const served = await Promise.all(
    part(demo, 'prepared').map(async ({ port, ...site }) => serveSite(demo.run, site, port)),
  );
  const [tokyo, osaka] = siteNames.map((name) => served.find((site) => site.name === name)!) as [
    ServedSite,
    ServedSite,
  ];
  demo.parts.sites = { tokyo, osaka };
  for (const { name, url, siteFile, daemon } of [tokyo, osaka])
    demo.say(`${name}: iris serve --config ${basename(siteFile)} (process ${daemon.pid}) at ${url}`);
}

interface SiteNodes {
  nodes: { name: string; accelerator?: string }[];
}

/** What the nodes were found to be, by trying. A node that is still being tried says nothing yet. */
async function showAccelerator(demo: Demo): Promise<void> {
  const caller = { ...operator, url: part(demo, 'sites').osaka.url };
  demo.progress('asking what the nodes run VMs with');
  const accelerators = await waitUntil(
    async () => {
      const { nodes } = (await runIris(demo, caller, 'site')).result as SiteNodes;
      const found = nodes.flatMap(({ accelerator }) => accelerator ?? []);
      return found.length === 2 && found;
    },
    { what: 'both compute nodes of osaka to be tried', timeoutMs: 120_000, intervalMs: 1_000 },
  );
  demo.say(
    accelerators.every((accelerator) => accelerator === 'kvm')
      ? 'the nodes run KVM, found by booting a guest'
      : 'the nodes cannot run KVM, found by trying: the VMs run under TCG, in software',
  );
}

async function showBooted(demo: Demo): Promise<void> {
  const host = hostOf(part(demo, 'cloud'), tenants.alice);
  const placed = await showVms(demo, tenants.alice);
  await showAccelerator(demo);
  demo.progress(`${placed.map(({ vm, node }) => `${vm} on ${node}`).join(', ')} booting`);
  for (const [index, answer] of (await askAllGuests(host)).entries()) {
    const vm = vms[index]!;
    const node = placed.find(({ vm: name }) => name === vm.name)?.node;
    demo.say(
      `${answer.name} on ${node}: addresses ${answer.addresses.join(' ')}, /dev/kvm ${answer.kvm ? 'is there' : 'is missing'}`,
    );
    show(answer.addresses.includes(`${vm.address.untagged}/24`), `${vm.name} did not find its address`);
    show(answer.kvm, `${vm.name} does not see its virtualisation extension`);
  }
}

async function letSecondTenantIn(demo: Demo): Promise<void> {
  const host = hostOf(part(demo, 'cloud'), tenants.bob);
  await coAllocate(demo, tenants.bob);
  await addTenantVlan(host);
  demo.progress("bob's VMs booting");
  await showWhoAnswers(demo, tenants.bob);
  await showWhoAnswers(demo, tenants.alice);
  await showReachability(demo, host);
  await showIsolation(demo);
}

export const steps: readonly Step[] = [
  { name: 'install what is missing', run: installWhatIsMissing },
  { name: 'raise the emulated inter-cloud: tokyo, osaka, a WAN', run: raise },
  { name: 'start PostgreSQL and migrate a database for each site', run: startAndMigrate },
  { name: 'start an Iris daemon for each site', run: serve },
  {
    name: 'alice co-allocates: reserve at both, commit both, provision both',
    run: async (demo) => void (await coAllocate(demo, tenants.alice)),
  },
  { name: 'her L1 VMs boot, find their addresses and see /dev/kvm', run: showBooted },
  {
    name: 'host1 and the VMs ping each other over the WAN, untagged and tagged',
    async run(demo) {
      const host = hostOf(part(demo, 'cloud'), tenants.alice);
      await addTenantVlan(host);
      await showReachability(demo, host);
      await showPath(demo, tenants.alice);
    },
  },
  { name: 'bob, with the same MACs, addresses and VLAN, reaches his VMs and nobody else’s', run: letSecondTenantIn },
  { name: 'what osaka cannot satisfy is refused there and aborted at tokyo', run: showRefusal },
  {
    name: 'release: nothing of ours is left, what was foreign is as it was',
    takesDown: true,
    async run(demo) {
      await showSomethingStands(demo);
      await releaseEverything(demo);
      await showNothingLeft(demo);
      await showForeignUntouched(demo);
    },
  },
];
