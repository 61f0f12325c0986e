/** What a tenant may have, in time and in all. */
import { IrisError } from '../../errors/iris-error.js';
import type { SiteTenant } from '../../site/site-file.js';
import type { Criteria } from '../criteria.js';
import { type Check, type CheckContext, type Offence, offence } from './check.js';

const tenantOf = (context: CheckContext): SiteTenant | undefined =>
  context.site.tenants.find((tenant) => tenant.name === context.tenant);

/** Of a reservation without an end. */
const unlimited = Number.POSITIVE_INFINITY;

const limit = (name: string, allowed: number | undefined, asked: number, tenant: string): Offence | undefined =>
  allowed === undefined || asked <= allowed
    ? undefined
    : offence(
        'resourceUnavailable',
        `tenant '${tenant}' is limited to ${allowed} ${name}, ${asked === unlimited ? 'open-ended is asked for' : `${asked} would be needed`}`,
        { limit: name, allowed, asked: asked === unlimited ? 'unlimited' : asked, tenant },
      );

const millisecondsPerHour = 3_600_000;

export const tenant: Record<string, Check> = {
  isKnown: (_criteria, context) =>
    tenantOf(context) === undefined
      ? offence('unauthorized', `tenant '${context.tenant}' is not known here`, { tenant: context.tenant })
      : undefined,
  durationIsAllowed: ({ schedule: { start, end } }, context) => {
    const allowed = tenantOf(context)?.limits.durationHours;
    if (allowed === undefined) return undefined;
    const from = start === undefined || start < context.now ? (context.inForce?.begun ?? context.now) : start;
    const asked = end === undefined ? unlimited : (end.getTime() - from.getTime()) / millisecondsPerHour;
    return limit('durationHours', allowed, asked, context.tenant);
  },
};

/** What a tenant would have at its peak if it were given this, against the site file. */
export function checkTenantLimits(
  criteria: Criteria,
  limits: SiteTenant['limits'],
  peak: { vms: number; cpus: number; memoryMiB: number },
  tenantName: string,
): void {
  const sum = (amount: (vm: Criteria['vms'][number]) => number): number =>
    criteria.vms.reduce((total, vm) => total + vm.count * amount(vm), 0);
  const found =
    limit('vms', limits.vms, peak.vms + sum(() => 1), tenantName) ??
    limit('cpus', limits.cpus, peak.cpus + sum((vm) => vm.cpus), tenantName) ??
    limit('memoryMiB', limits.memoryMiB, peak.memoryMiB + sum((vm) => vm.memoryMiB), tenantName);
  if (found !== undefined) throw new IrisError(found.kind, { what: found.what, variables: found.variables });
}
