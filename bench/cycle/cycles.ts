/** Runs cycles side by side for a time, and says how many were done and how long each took. */
import { percentile } from '../median.js';

export interface Figures {
  cycles: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** `clients` at once, each with one cycle after the other; those under way at the end are finished and count. */
export async function measureCycles(
  clients: number,
  seconds: number,
  cycle: (client: number) => Promise<void>,
): Promise<Figures> {
  const tookMs: number[] = [];
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1_000;
  const runClient = async (client: number): Promise<void> => {
    do {
      const beganMs = performance.now();
      await cycle(client);
      tookMs.push(performance.now() - beganMs);
    } while (performance.now() < endMs);
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => runClient(client)));
  const perSecond = (tookMs.length * 1_000) / (performance.now() - startedMs);
  return { cycles: tookMs.length, perSecond, p50Ms: percentile(tookMs, 0.5), p99Ms: percentile(tookMs, 0.99) };
}
