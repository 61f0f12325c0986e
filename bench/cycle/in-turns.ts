/**
 * Everybody in every round, and the numbers of clients up and down: a database ages by what is done to it, and who is measured last would
 * be slower for that. The first round warms up: code is compiled, connections are made, pages are read.
 */
export type Runs<Kind extends string, Run> = Record<Kind, Run[]>;

export interface Turns<Kind extends string, Run> {
  kinds: readonly Kind[];
  clients: readonly number[];
  rounds: number;
  run(kind: Kind, clients: number): Promise<Run>;
  /** Before each run of all kinds; round 0 is the first. */
  onTurn(clients: number, round: number): void;
}

/** Of each number of clients the runs of each kind, that of the first round among them. */
export async function measureInTurns<Kind extends string, Run>({
  kinds,
  clients,
  rounds,
  run,
  onTurn,
}: Turns<Kind, Run>): Promise<Map<number, Runs<Kind, Run>>> {
  const runs = new Map(
    clients.map((count) => [count, Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Runs<Kind, Run>]),
  );
  for (let round = 0; round <= rounds; round += 1)
    for (const count of round % 2 === 0 ? clients : clients.toReversed()) {
      onTurn(count, round);
      for (const kind of kinds) runs.get(count)![kind].push(await run(kind, count));
    }
  return runs;
}

/** All but the first round. */
export const counted = <Run>(runs: readonly Run[]): Run[] => runs.slice(1);
