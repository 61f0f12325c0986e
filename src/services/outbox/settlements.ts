/** Deliveries are written down together: those that end while one statement runs go with the next. */
export function createSettlements(write: (ids: readonly string[]) => Promise<void>) {
  let waiting: string[] = [];
  let next: Promise<void> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return (id: string): Promise<void> => {
    waiting.push(id);
    if (next === undefined) {
      next = last.then(() => {
        const ids = waiting;
        waiting = [];
        next = undefined;
        return write(ids);
      });
      last = next.catch(() => {});
    }
    return next;
  };
}
