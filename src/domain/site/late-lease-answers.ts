/**
 * Answers to whether this process has the site's lease that lay unread for longer than they are worth, as they do while it is stopped: each is
 * asked for again, but not for ever.
 */
import { DriverError } from '../errors/driver-error.js';

/** Answers that come too late so often in a row are of no use to a lease. */
const lateUntilUseless = 3;

/** For one `ensure`: whether the answer that was asked for then is late. Throws DriverError transient at the last that may be. */
export function createLateAnswers(heldMs: number): (askedMs: number) => boolean {
  let late = 0;
  return (askedMs) => {
    if (performance.now() - askedMs < heldMs) return false;
    late += 1;
    if (late < lateUntilUseless) return true;
    throw new DriverError('transient', 'iris', 'whether this process has the lease of this site is answered too late');
  };
}
