/** Deliveries are written down together: those that end within a short time, or while one statement runs, go with the next. */
export interface Settlements {
  /** Resolves when it is written down. */
  settle(id: string): Promise<void>;
  /** Somebody waits for what is not written down yet. */
  hurry(): void;
}

interface Gathering {
  ids: string[];
  written: Promise<void>;
  begin(): void;
}

/** What has arrived is written down with others of this time, where nobody waits for it. */
export const longestGatherMs = 25;

/** `gatherMs`: how long the first of them waits for others, unless somebody hurries. */
export function createSettlements(write: (ids: readonly string[]) => Promise<void>, gatherMs: number): Settlements {
  let gathering: Gathering | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function gather(): Gathering {
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const ids: string[] = [];
    const timer = setTimeout(begin, gatherMs);
    const written = Promise.all([last, begun]).then(() => {
      clearTimeout(timer);
      gathering = undefined;
      return write(ids);
    });
    last = written.catch(() => {});
    return { ids, written, begin };
  }

  return {
    settle(id) {
      gathering ??= gather();
      gathering.ids.push(id);
      return gathering.written;
    },
    hurry: () => gathering?.begin(),
  };
}
