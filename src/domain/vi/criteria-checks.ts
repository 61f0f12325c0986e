/**
 * What is checked of a request before anything is held: a table, each check a pure function that names what offends it. Whether
 * there is room is not asked here (placement), nor whether a label is free (the database).
 */
import { IrisError } from '../errors/iris-error.js';
import { addresses } from './checks/addresses.js';
import type { Check, CheckContext } from './checks/check.js';
import { externalPorts } from './checks/external-ports.js';
import { hosts } from './checks/hosts.js';
import { peers } from './checks/peers.js';
import { schedule } from './checks/schedule.js';
import { segment } from './checks/segment.js';
import { tenant } from './checks/tenant.js';
import { vms } from './checks/vms.js';
import type { Criteria } from './criteria.js';

export const criteriaChecks: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  tenant,
  schedule,
  segment,
  vms,
  addresses,
  externalPorts,
  peers,
  hosts,
};

/** Of a point-to-point service; the rest is checked where its ends are resolved. */
const pointToPointChecks = { tenant, schedule };

/** Throws an IrisError for the first thing that is wrong, in the order of the table. */
export function checkCriteria(criteria: Criteria, context: CheckContext): void {
  for (const checks of Object.values(criteria.pointToPoint === undefined ? criteriaChecks : pointToPointChecks))
    for (const check of Object.values(checks)) {
      const found = check(criteria, context);
      if (found !== undefined) throw new IrisError(found.kind, { what: found.what, variables: found.variables });
    }
}
