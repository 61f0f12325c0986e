/** The rows that cycles leave: whoever keeps reservations beside Iris must have written as many. */
import { type Databases, withSession } from './databases.js';

/** What is counted, and how many of it each reservation has that was stored before. */
const counted: Readonly<Record<string, { from: string; stored: number }>> = {
  reservation_version: { from: 'reservation_version', stored: 1 },
  vm: { from: 'vm', stored: 1 },
  segment_allocation: { from: 'segment_allocation', stored: 1 },
  mac_allocation: { from: 'mac_allocation', stored: 1 },
  node_allocation: { from: 'node_allocation', stored: 1 },
  history: { from: 'history', stored: 4 },
  due_work: { from: 'due_work', stored: 1 },
  request: { from: 'request', stored: 2 },
  nsi_result: { from: 'nsi_result', stored: 0 },
  outbox: { from: 'outbox', stored: 0 },
  'outbox, delivered': { from: "outbox WHERE state = 'delivered'", stored: 0 },
};

export interface Left {
  cycles: number;
  /** Of all cycles together, by what is counted. */
  rows: Readonly<Record<string, number>>;
}

const countLeft = (url: string, stored: number): Promise<Left> =>
  withSession(url, async (session) => {
    const count = async (from: string): Promise<number> => {
      const { rows } = await session.query<{ count: number }>(`SELECT count(*)::float8 AS count FROM ${from}`);
      return rows[0]!.count;
    };
    const cycles = (await count('reservation')) - stored;
    const rows: Record<string, number> = {};
    for (const [what, { from, stored: each }] of Object.entries(counted))
      rows[what] = (await count(from)) - each * stored;
    return { cycles, rows };
  });

const toText = (rows: number, cycles: number): string => `${(rows / cycles).toFixed(2)} (${rows} of ${cycles} cycles)`;

/** A line for each difference of rows per cycle, be it of one row. Where nobody has done a cycle, all differ. */
export function compareLeft(floor: Left, iris: Left): string[] {
  const isSame = (ofFloor: number, ofIris: number): boolean =>
    floor.cycles > 0 && iris.cycles > 0 && ofFloor * iris.cycles === ofIris * floor.cycles;
  return Object.entries(floor.rows)
    .map(([what, ofFloor]) => ({ what, ofFloor, ofIris: iris.rows[what]! }))
    .filter(({ ofFloor, ofIris }) => !isSame(ofFloor, ofIris))
    .map(({ what, ofFloor, ofIris }) => {
      const [byFloor, byIris] = [toText(ofFloor, floor.cycles), toText(ofIris, iris.cycles)];
      return `rows of ${what} per cycle: ${byFloor} by the floor, ${byIris} by Iris`;
    });
}

/** When nobody writes any more. */
export async function compareRows({ floor, iris }: Databases, stored: number): Promise<string[]> {
  return compareLeft(await countLeft(floor, stored), await countLeft(iris, stored));
}
