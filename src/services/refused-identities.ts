/**
 * The record of refused identities, bounded: whoever is refused again and again is written down once, and a minute later how often it was since.
 * Of a flood of others only so many have rows of their own; the rest are one row without names.
 */
import type { NoteRefusedIdentity, RefusedIdentity } from '../domain/ports/refused-identity.js';
import type { Store } from '../domain/ports/store.js';
import type { Clock } from '../lib/clock.js';
import type { Log } from '../lib/log.js';

const windowMs = 60_000;
/** Different ones at most that a window has rows for; each has two. */
const mostKeys = 100;
const longestText = 1024;

export interface RefusedIdentities {
  note: NoteRefusedIdentity;
  /** Writes what has been counted. */
  close(): Promise<void>;
}

type Refused = Parameters<NoteRefusedIdentity>[0];

/** A text that PostgreSQL and a reader can take: half a character at its end would be refused, with all rows beside it. */
const shorten = (text: string): string => text.replaceAll('\u0000', '').slice(0, longestText).toWellFormed();

const shortened = (refused: Refused): Refused =>
  Object.fromEntries(
    Object.entries(refused).map(([name, text]) => [name, text === undefined ? text : shorten(text)]),
  ) as unknown as Refused;

/** Alike: but for its correlation id. */
const keyOf = ({ correlationId: _other, ...refused }: Refused): string =>
  JSON.stringify(Object.entries(refused).sort());

/** What is left of those that have no row of their own. */
const withoutNames = ({ errorId, path }: Refused): Refused => ({
  errorId,
  path,
  what: 'others, too many to be told one by one',
});

export function createRefusedIdentities(
  store: Pick<Store, 'recordRefusedIdentities'>,
  clock: Clock,
  log: Log,
): RefusedIdentities {
  /** Of the present window: what has been written, and how many came after it. */
  const counted = new Map<string, RefusedIdentity>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  function write(rows: readonly RefusedIdentity[]): void {
    if (rows.length === 0) return;
    writing = writing
      .then(() => store.recordRefusedIdentities(rows))
      .catch((error: unknown) => log.error({ err: error }, 'refused identities could not be recorded'));
  }

  function endWindow(): void {
    clearTimeout(timer);
    timer = undefined;
    write([...counted.values()].filter(({ times }) => times > 0));
    counted.clear();
  }

  return {
    note(refused) {
      const told = shortened(refused);
      const mine = keyOf(told);
      const one = counted.has(mine) || counted.size < mostKeys ? told : withoutNames(told);
      const key = keyOf(one);
      const known = counted.get(key);
      timer ??= setTimeout(endWindow, windowMs).unref();
      if (known !== undefined) {
        // The next row tells of what came after the first.
        counted.set(key, { ...(known.times === 0 ? { ...one, at: clock.now() } : known), times: known.times + 1 });
        return;
      }
      const at = clock.now();
      write([{ ...one, at, times: 1 }]);
      counted.set(key, { ...one, at, times: 0 });
    },
    async close() {
      endWindow();
      await writing;
    },
  };
}
