/** What is done to Iris and its database while the clients work: one thing after the other, at random points. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseServer } from './database-server.js';
import type { Dice } from './dice.js';
import type { IrisProcess } from './iris-process.js';
import { leaseSeconds } from './site-under-soak.js';

export interface FaultParts {
  processes: readonly IrisProcess[];
  database: DatabaseServer;
  dice: Dice;
  /** At most, between one fault and the next. */
  longestPauseMs: number;
}

type Fault = (parts: FaultParts) => Promise<void>;

const faults = {
  async 'iris killed'({ processes, dice }) {
    const victim = dice.pick(processes);
    await victim.kill();
    await sleep(dice.between(0, 1_500));
    victim.start();
    await victim.ready();
  },
  async 'iris stopped for longer than its lease'({ processes, dice }) {
    const victim = dice.pick(processes);
    victim.pause();
    await sleep(leaseSeconds * 1000 + dice.between(200, 2_000));
    victim.resume();
  },
  async 'postgres killed'({ database, dice }) {
    database.kill();
    await sleep(dice.between(0, 1_000));
    await database.restart();
  },
  'a session of postgres killed': ({ database }) => database.killSession(),
  async 'iris and postgres killed'({ processes, database, dice }) {
    const victim = dice.pick(processes);
    database.kill();
    await victim.kill();
    await database.restart();
    victim.start();
    await victim.ready();
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

const deck: FaultName[] = [
  ...(['iris killed', 'iris killed', 'iris killed', 'iris stopped for longer than its lease'] as const),
  ...(['postgres killed', 'a session of postgres killed', 'iris and postgres killed'] as const),
];

/** Goes on until `signal`, and leaves everything running. Returns how often each thing was done. */
export async function runFaults(parts: FaultParts, signal: AbortSignal, say: (line: string) => void) {
  const done = new Map<FaultName, number>();
  const isOver = () => signal.aborted;
  for (;;) {
    await sleep(parts.dice.between(parts.longestPauseMs / 10, parts.longestPauseMs), undefined, { signal }).catch(
      () => {},
    );
    if (isOver()) return done;
    const name = parts.dice.pick(deck);
    say(name);
    await faults[name](parts);
    done.set(name, (done.get(name) ?? 0) + 1);
  }
}
