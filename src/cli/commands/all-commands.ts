/** The table of commands, in the order in which `iris --help` tells of them. */
import type { CliCommand } from '../command.js';
import { availability } from './availability.js';
import { changes } from './changes.js';
import { coAllocateCommand } from './co-allocate.js';
import { coReleaseCommand } from './co-release.js';
import { doctor } from './doctor.js';
import { explain } from './explain.js';
import { list } from './list.js';
import { migrate } from './migrate.js';
import { modify } from './modify.js';
import { node } from './node.js';
import { orphans } from './orphans.js';
import { plan } from './plan.js';
import { registry } from './registry.js';
import { reserve } from './reserve.js';
import { serve } from './serve.js';
import { show } from './show.js';
import { site } from './site.js';

export const allCommands: readonly CliCommand[] = [
  serve,
  site,
  availability,
  plan,
  reserve,
  modify,
  ...changes,
  show,
  registry,
  list,
  explain,
  coAllocateCommand,
  coReleaseCommand,
  node,
  orphans,
  migrate,
  doctor,
];
