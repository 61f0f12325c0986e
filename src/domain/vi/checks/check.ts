/** A check of a request: a pure function that names what offends it. What the checks are made of. */
import type { NsiErrorName } from '../../errors/nsi-errors.js';
import type { Site } from '../../site/site-file.js';
import type { Criteria, NicSpec } from '../criteria.js';
import type { NamesInForce } from '../vm-names.js';

export interface CheckContext {
  site: Site;
  tenant: string;
  now: Date;
  /** What the compute driver can give. */
  nested: boolean;
  userData: boolean;
  /** Of a modification. */
  inForce?: {
    /** Since when it has been in force: the past counts towards the longest duration. Absent before that time. */
    begun?: Date;
    names: NamesInForce;
  };
}

export interface Offence {
  kind: NsiErrorName;
  what: string;
  variables: Record<string, string>;
}
export type Check = (criteria: Criteria, context: CheckContext) => Offence | undefined;

export const offence = (kind: NsiErrorName, what: string, variables: Record<string, string | number>): Offence => ({
  kind,
  what,
  variables: Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, String(value)])),
});

export function firstDuplicate<T>(items: readonly T[]): T | undefined {
  const seen = new Set<T>();
  return items.find((item) => seen.size === seen.add(item).size);
}

/** The first offence among `items`, if any. */
export function firstOffence<T>(items: readonly T[], look: (item: T) => Offence | undefined): Offence | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

export const isCount = (value: number, from: number, to: number): boolean =>
  Number.isInteger(value) && value >= from && value <= to;

export const allNics = (criteria: Criteria): { vm: string; nic: NicSpec }[] =>
  criteria.vms.flatMap((vm) => vm.nics.map((nic) => ({ vm: vm.name, nic })));
export const listedMacs = (criteria: Criteria): string[] =>
  allNics(criteria).flatMap(({ nic }) => (nic.mac === undefined ? [] : [nic.mac]));
