/** Pauses that can be cut short, one by one or all together. */
export function createPauses() {
  const ends = new Set<() => void>();
  return {
    pause(ms: number): { over: Promise<undefined>; end(): void } {
      let end = (): void => {};
      const over = new Promise<undefined>((resolve) => {
        const timer = setTimeout(() => end(), ms);
        end = () => {
          clearTimeout(timer);
          ends.delete(end);
          resolve(undefined);
        };
      });
      ends.add(end);
      return { over, end };
    },
    endAll(): void {
      for (const end of [...ends]) end();
    },
  };
}
