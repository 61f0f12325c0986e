/** What a step of the demo is: a name, and what it does with what the steps before it made. */
import type { GuestImage } from '../guest/guest-image.js';
import type { InterCloud } from '../inter-cloud.js';
import type { Run } from '../run-directory.js';
import type { SiteDatabases } from './databases.js';
import type { DemoOptions } from './options.js';
import type { ServedSite } from './served-site.js';
import type { CoAllocated, TenantName } from './tenants.js';

export interface DemoParts {
  image: GuestImage;
  cloud: InterCloud;
  /** By machine name: what was there before Iris came. */
  foreignBefore: Record<string, string>;
  databases: SiteDatabases;
  /** Ready to be served. */
  prepared: (Omit<ServedSite, 'daemon' | 'url'> & { port: number })[];
  sites: Record<'tokyo' | 'osaka', ServedSite>;
  coAllocations: Partial<Record<TenantName, CoAllocated>>;
}

export interface Demo {
  run: Run;
  options: DemoOptions;
  parts: Partial<DemoParts>;
  /** A line of evidence, shown under the step. */
  say(line: string): void;
  /** A line that must be seen before what it tells of is done. */
  announce(line: string): void;
  /** What is being waited for now. */
  progress(text: string): void;
}

export interface Step {
  name: string;
  /** Takes down what --keep is to leave: left out then. */
  takesDown?: true;
  run(demo: Demo): Promise<void>;
}

/** What an earlier step made. */
export function part<K extends keyof DemoParts>(demo: Demo, name: K): DemoParts[K] {
  const found = demo.parts[name];
  if (found === undefined) throw new Error(`the step that makes '${name}' has not run`);
  return found as DemoParts[K];
}

/** What the demo set out to show is not so. */
export class NotShown extends Error {
  override name = 'NotShown';
}

export function show(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new NotShown(otherwise);
}
