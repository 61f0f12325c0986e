/**
 * What the meters of a switch's ports have dropped: more news than a port may tell. Switches count by themselves, from when a meter was made;
 * here the growth is added up, over meters that go and come again.
 */
import type { SwitchSession } from '../../../openflow/switch-session.js';
import { firstRateMeter } from '../plan/point-to-point.js';

export interface MeterDrops {
  look(session: Pick<SwitchSession, 'multipart'>): Promise<void>;
  /** What is dropped until the next look is another process's to count. */
  forget(): void;
  /** Between looks; not before the first one, nor before the first after `forget`. */
  count(): number;
}

export function createMeterDrops(): MeterDrops {
  let last: ReadonlyMap<number, bigint> | undefined;
  let sum = 0n;
  let forgotten = 0;
  return {
    async look(session) {
      const forgottenThen = forgotten;
      const meters = await session.multipart('meter', {});
      const now = new Map(
        meters
          .filter(({ meter_id }) => meter_id < firstRateMeter)
          .map(({ meter_id, band_stats }) => [meter_id, band_stats[0]?.packet_band_count ?? 0n]),
      );
      if (forgotten !== forgottenThen) return;
      for (const [id, count] of last === undefined ? [] : now) {
        const before = last?.get(id) ?? 0n;
        sum += count >= before ? count - before : count;
      }
      last = now;
    },
    forget() {
      last = undefined;
      forgotten += 1;
    },
    count: () => Number(sum),
  };
}
