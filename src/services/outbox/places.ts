/**
 * Places at each destination: so many messages are under way to it at once, and the others wait in line. What comes from the database goes
 * first: it has waited already.
 */

/** Where a message comes from: claimed from the database, or queued by this process and in hand since then. */
export type Origin = 'database' | 'hand';

export interface Places {
  /** Resolves when there is a place. */
  enter(destination: string, origin: Origin): Promise<void>;
  leave(destination: string, origin: Origin): void;
  /** Those that are at a place. */
  count(origin: Origin): number;
}

interface Room {
  taken: number;
  waiting: Record<Origin, (() => void)[]>;
}

export function createPlaces(perDestination: number): Places {
  const rooms = new Map<string, Room>();
  const counts: Record<Origin, number> = { database: 0, hand: 0 };

  async function wait(room: Room, origin: Origin): Promise<void> {
    if (room.taken < perDestination) room.taken += 1;
    // Whoever leaves hands its place over.
    else await new Promise<void>((enter) => void room.waiting[origin].push(enter));
  }

  return {
    async enter(destination, origin) {
      const room = rooms.get(destination) ?? { taken: 0, waiting: { database: [], hand: [] } };
      rooms.set(destination, room);
      await wait(room, origin);
      counts[origin] += 1;
    },
    leave(destination, origin) {
      const room = rooms.get(destination);
      if (room === undefined) return;
      counts[origin] -= 1;
      const next = room.waiting.database.shift() ?? room.waiting.hand.shift();
      if (next !== undefined) return next();
      room.taken -= 1;
      if (room.taken === 0) rooms.delete(destination);
    },
    count: (origin) => counts[origin],
  };
}
