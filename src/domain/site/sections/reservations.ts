/** How reservations are held, built, watched and kept. */
import { z } from 'zod';
import { positive } from './values.js';

export const reservations = z.strictObject({
  holdSeconds: z.number().positive().max(86400).default(120),
  placement: z.enum(['spread', 'pack']).default('spread'),
  /** How often every VI is compared with what stands, beside what events cause. */
  resyncSeconds: z.number().positive().default(30),
  /** How long a VM that has never run waits for a node that does not answer, before it is placed elsewhere. */
  moveSeconds: z.number().positive().max(86400).default(20),
  /** How often every node is asked whether its VMs run and its switch has as many flows as it was given. */
  watchSeconds: z.number().positive().max(3600).default(2),
  /** How often the flows of each switch are held against what it was given, one by one, at the next look of `watchSeconds`; more seldom where that takes long. */
  compareSeconds: z.number().positive().max(3600).default(10),
  /** A look that finds more VIs than this that are over and still stand removes none of them: /health asks. */
  removalLimit: positive.default(16),
  /**
   * For how long due work (timers, mostly) is left to the process that began it and no longer says that it goes on. Not the site's lease,
   * which runs for 3 s: with that, builds and all that a dead process had begun are free again at once.
   */
  leaseSeconds: z.number().positive().max(3600).default(30),
  /** How long SIGTERM lets what is being built or taken down go on; what has not ended by then is left to the next start. */
  stopSeconds: z.number().positive().max(3600).default(10),
  /** How long transitions of reservations that are over are kept. */
  historyDays: z.number().positive().max(36500).default(400),
  /** How long the answers to requests are kept, for the case that one is repeated. */
  requestDays: z.number().positive().max(36500).default(30),
});
