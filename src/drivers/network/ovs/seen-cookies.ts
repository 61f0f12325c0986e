/**
 * Which VIs a switch may have flows of: read as a whole by whatever is settled first since we became its master, and kept up by what is settled
 * and seen later. So a VI that comes anew is not asked for where it has nothing. It rather says yes: what is wrong with that is a look too many.
 */

export interface SeenCookies {
  /** Its flows were seen, whoever put them there, or are about to be. */
  note(cookies: Iterable<bigint>): void;
  /** To be called with all cookies that a switch said, and with those of them that are gone since. */
  noteAll(cookies: Iterable<bigint>, gone: readonly bigint[]): void;
  /** That there are none is known, and is not only not known. */
  lacks(cookie: bigint): boolean;
}

export function createSeenCookies(): SeenCookies {
  const seen = new Set<bigint>();
  let isRead = false;
  const note = (cookies: Iterable<bigint>): void => {
    for (const cookie of cookies) seen.add(cookie);
  };
  return {
    note,
    noteAll(cookies, gone) {
      note(cookies);
      for (const cookie of gone) seen.delete(cookie);
      isRead = true;
    },
    lacks: (cookie) => isRead && !seen.has(cookie),
  };
}
