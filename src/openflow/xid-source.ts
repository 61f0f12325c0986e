/** Transaction ids: never 0, and consecutive within a range, so that an ERROR's xid tells which message of many it means. */
export interface XidSource {
  /** The first of `count` consecutive ids. */
  take(count: number): number;
}

const largestXid = 0xffffffff;

export function createXidSource(isTaken: (xid: number) => boolean): XidSource {
  let next = 1;

  function take(count: number): number {
    if (next + count - 1 > largestXid) next = 1;
    const first = next;
    next += count;
    return first;
  }

  return {
    take(count) {
      let first = take(count);
      while (count === 1 && isTaken(first)) first = take(1);
      return first;
    },
  };
}
