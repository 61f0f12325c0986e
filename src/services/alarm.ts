/** A sleep that can be ended: by the clock, or by whoever rings meanwhile. A ring between two sleeps ends the next at once. */
export interface Alarm {
  ring(): void;
  /** Forgets rings so far: what they announced is about to be looked at. */
  clear(): void;
  sleep(ms: number): Promise<void>;
}

export function createAlarm(): Alarm {
  let rung = false;
  let wake = (): void => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    clear() {
      rung = false;
    },
    async sleep(ms) {
      if (rung) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = () => {};
    },
  };
}
