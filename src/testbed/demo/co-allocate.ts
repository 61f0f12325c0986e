/** A tenant's way to a virtual infrastructure over both sites, and back. */
import { runIris } from './iris-command.js';
import { writeTenantRequest } from './request-file.js';
import { type Demo, part, show } from './step.js';
import { type CoAllocated, type Tenant, tenants } from './tenants.js';

export interface CoAllocateResult {
  id: string;
  outcome: string;
  segmentKey: number;
  sites: Record<
    'tokyo' | 'osaka',
    { connectionId?: string; phase: string; fault?: { id?: string; code: string; text: string } }
  >;
}

export async function coAllocate(demo: Demo, tenant: Tenant): Promise<CoAllocated> {
  const file = writeTenantRequest(demo, tenant);
  demo.progress(`${tenant.name}: iris co-allocate`);
  const answer = await runIris(demo, tenant, 'co-allocate', file);
  for (const note of answer.notes) demo.say(`  ${note}`);
  const result = answer.result as CoAllocateResult;
  const { tokyo, osaka } = result.sites;
  show(result.outcome === 'provisioned', `the co-allocation ended as '${result.outcome}'`);
  show(tokyo.connectionId !== undefined && osaka.connectionId !== undefined, 'a site gave no connection id');
  const coAllocated: CoAllocated = {
    id: result.id,
    segmentKey: result.segmentKey,
    connections: { tokyo: tokyo.connectionId, osaka: osaka.connectionId },
  };
  demo.parts.coAllocations = { ...demo.parts.coAllocations, [tenant.name]: coAllocated };
  return coAllocated;
}

interface ShownVm {
  name: string;
  node: string;
  nics: { mac: string; port: string }[];
}

export interface PlacedVmSeen {
  vm: string;
  node: string;
  port: string;
}

/** Where osaka put a tenant's VMs, as `iris show` tells the tenant. */
export async function showVms(demo: Demo, tenant: Tenant): Promise<PlacedVmSeen[]> {
  const { connections } = coAllocationOf(demo, tenant);
  const caller = { ...tenant, url: part(demo, 'sites').osaka.url };
  const { result } = await runIris(demo, caller, 'show', connections.osaka);
  const { committed } = (result as { reservation: { committed: { vms: ShownVm[] } } }).reservation;
  return committed.vms.map(({ name, node, nics }) => ({ vm: name, node, port: nics[0]!.port }));
}

export function coAllocationOf(demo: Demo, tenant: Tenant): CoAllocated {
  const found = part(demo, 'coAllocations')[tenant.name];
  if (found === undefined) throw new Error(`${tenant.name} has no co-allocation`);
  return found;
}

export async function coRelease(demo: Demo, tenant: Tenant): Promise<void> {
  const { id } = coAllocationOf(demo, tenant);
  await runIris(demo, tenant, 'co-release', id);
}

export const everyTenant = Object.values(tenants);
