/** What is free at both sites, and that a refused co-allocation leaves it as it was. */
import type { CoAllocateResult } from './co-allocate.js';
import { runIris, tryIris } from './iris-command.js';
import { writeOversizedRequest } from './request-file.js';
import { operator } from './site-files.js';
import { type Demo, part, show } from './step.js';
import { type Tenant, tenants } from './tenants.js';

interface Capacity {
  cpus: number;
  memoryMiB: number;
  diskGiB: number;
}

interface Availability {
  nodes: { node: string; free: Capacity; total: Capacity }[];
  takenSegmentKeys: number[];
  takenExternalPortVlans: { externalPort: string; vlan: number }[];
}

type SiteName = 'tokyo' | 'osaka';
const siteNames: readonly SiteName[] = ['tokyo', 'osaka'];

/** As text, without the instant it was asked at. */
async function capacityOf(demo: Demo, site: SiteName): Promise<string> {
  const caller = { ...operator, url: part(demo, 'sites')[site].url };
  const { nodes, takenSegmentKeys, takenExternalPortVlans } = (await runIris(demo, caller, 'availability'))
    .result as Availability;
  const free = nodes.map(
    ({ node, free }) => `${node} ${free.cpus} CPUs ${free.memoryMiB} MiB ${free.diskGiB} GiB free, `,
  );
  const vlans = takenExternalPortVlans.map(({ externalPort, vlan }) => `${externalPort}:${vlan}`);
  return `${site}: ${free.join('')}taken: keys ${takenSegmentKeys.join(' ')}, VLANs ${vlans.join(' ') || 'none'}`;
}

async function takeCapacity(demo: Demo, when: string): Promise<string[]> {
  const lines = await Promise.all(siteNames.map((site) => capacityOf(demo, site)));
  for (const line of lines) demo.say(`${when}: ${line}`);
  return lines;
}

interface HistoryLine {
  machine: string;
  to: string;
}

async function reservationPath(demo: Demo, tenant: Tenant, site: SiteName, connectionId: string): Promise<string[]> {
  const caller = { ...tenant, url: part(demo, 'sites')[site].url };
  const { history } = (await runIris(demo, caller, 'show', connectionId)).result as { history: HistoryLine[] };
  return history.filter(({ machine }) => machine === 'reservation').map(({ to }) => to);
}

/** Refused at osaka with "capacity unavailable" (NSI 00705), aborted at tokyo, nothing lost. */
export async function showRefusal(demo: Demo): Promise<void> {
  const tenant = tenants.alice;
  const before = await takeCapacity(demo, 'before');
  const { exitCode, result } = await tryIris(demo, tenant, 'co-allocate', writeOversizedRequest(demo, tenant));
  const { outcome, sites } = result as CoAllocateResult;
  show(exitCode !== 0 && outcome === 'refused', `the co-allocation ended as '${outcome}', code ${exitCode}`);
  const { fault } = sites.osaka;
  show(fault?.id === '00705', `osaka's answer was ${fault?.id} ${fault?.code}`);
  demo.say(`osaka refused: ${fault.id} ${fault.code}: ${fault.text}`);

  const { connectionId } = sites.tokyo;
  show(connectionId !== undefined, 'tokyo held nothing that could have been aborted');
  const path = await reservationPath(demo, tenant, 'tokyo', connectionId);
  demo.say(`tokyo's reservation ${connectionId} went: ${path.join(' → ')}`);
  show(path.includes('ReserveHeld') && path.includes('ReserveAborting'), 'tokyo did not abort a hold');

  const after = await takeCapacity(demo, 'after');
  show(after.join('\n') === before.join('\n'), 'the capacity after is not the capacity before');
}
