/** Everybody that is measured, in each setting that the options ask for: a number of reservations stored, of processes that serve, of clients. */
import { type Databases, withDatabases } from './databases.js';
import { measureInTurns, type Runs } from './in-turns.js';
import { compareRows } from './left-rows.js';
import type { Setting } from './measurement.js';
import { type Scene, type SceneParts, type StartFloor, withScene } from './scene.js';

export interface Measured<Floor extends string, Kind extends string, Run>
  extends Pick<SceneParts<Floor>, 'folder' | 'site' | 'options' | 'serverModule' | 'loadModule'> {
  kinds: readonly Kind[];
  /** What the clients are called. */
  who: string;
  floorsOn(databases: Databases): Record<Floor, StartFloor>;
  runKind(scene: Scene<Floor>, kind: Kind, clients: number): Promise<Run>;
  /** What came of a setting, while the processes that ran are still there. */
  note(runs: Runs<Kind, Run>, setting: Setting, scene: Scene<Floor>): Promise<void> | void;
  say(line: string): void;
}

/** Resolves with the differences between the rows that the floor and Iris have left, counted when all have stopped. */
export async function measureSettings<Floor extends string, Kind extends string, Run>(
  measured: Measured<Floor, Kind, Run>,
): Promise<string[]> {
  const { kinds, who, floorsOn, runKind, note, say, ...parts } = measured;
  const { folder, options } = parts;
  const { nodes, rounds } = options;

  async function measureScene(scene: Scene<Floor>, workers: number, stored: number): Promise<void> {
    const about = `${workers} serving, ${nodes} nodes, ${stored} stored`;
    const all = await measureInTurns({
      ...{ kinds, clients: options.clients, rounds },
      run: (kind, clients) => runKind(scene, kind, clients),
      onTurn: (clients, round) => say(`${clients} ${who}, ${about}, round ${round} of ${rounds}`),
    });
    for (const [clients, runs] of all) await note(runs, { clients, nodes, stored, workers }, scene);
  }

  const faults: string[] = [];
  for (const stored of options.stored) {
    say(`${stored} reservations are stored`);
    await withDatabases(folder, { nodes, stored }, say, async (databases) => {
      const floors = floorsOn(databases);
      for (const workers of options.workers)
        await withScene({ ...parts, databases, floors, workers }, (scene) => measureScene(scene, workers, stored));
      faults.push(...(await compareRows(databases, stored)));
    });
  }
  return faults;
}
