/** Floor, rows and Iris in turns, and what was lost on the way. */
import { type Cost, withCost } from '../cycle/cost.js';
import type { Figures } from '../cycle/cycles.js';
import type { Databases } from '../cycle/databases.js';
import { counted, type Runs } from '../cycle/in-turns.js';
import { measureSettings } from '../cycle/measure-settings.js';
import { type CycleMeasurement, medianRun, type Setting, toCycleMeasurement } from '../cycle/measurement.js';
import type { CycleOptions } from '../cycle/options.js';
import type { Scene, StartFloor } from '../cycle/scene.js';
import { siteFile, tenant } from '../cycle/site.js';
import { rounded } from '../median.js';
import type { Heard, Sample } from './load.js';
import { providerNsa, requesterNsa } from './messages.js';

export interface Measurement extends CycleMeasurement {
  /** Of all rounds. */
  lost: number;
  repeated: number;
  messagesPerCycle: number;
  bytesPerCycle: number;
}

type Floor = 'floor' | 'rows';
type Kind = Floor | 'iris';
const kinds: readonly Kind[] = ['floor', 'rows', 'iris'];

type Run = Figures & Heard & Cost;

const serverModule = new URL('./server.js', import.meta.url);
const loadModule = new URL('./load.js', import.meta.url);

const nsi = {
  nsaId: providerNsa,
  networkId: 'urn:ogf:network:bench.example:2026:iris',
  requesters: [{ nsaId: requesterNsa, tenant: tenant.name, withoutCredential: true }],
};

function runKind(scene: Scene<Floor>, kind: Kind, clients: number): Promise<Run> {
  const { workers, urls } = scene.served[kind];
  const order = { urls, clients, seconds: scene.seconds };
  return withCost(scene, workers, () => scene.load.ask<Figures & Heard>('run', order));
}

const sum = (runs: readonly Run[], field: 'lost' | 'repeated' | 'cycles' | 'messages' | 'bytes'): number =>
  runs.reduce((total, run) => total + run[field], 0);

/** What the first round loses counts all the same. */
const figuresOf = (runs: readonly Run[]) => medianRun(counted(runs));

/** Both replay what Iris says in a cycle; one of them writes rows. */
function floorsOn(databases: Databases, nodes: number): Record<Floor, StartFloor> {
  const replaying =
    (kind: Floor, given: object = {}): StartFloor =>
    async (workers, load, [irisUrl]) => {
      const sample = await load.ask<Sample>('sample', { url: irisUrl });
      return Promise.all(workers.map((worker) => worker.ask<string>(kind, { sample, ...given })));
    };
  return { floor: replaying('floor'), rows: replaying('rows', { database: databases.floor, nodes }) };
}

export async function measureNsi(
  folder: string,
  options: CycleOptions,
  say: (line: string) => void,
): Promise<{ measurements: Measurement[]; faults: string[] }> {
  const { nodes } = options;
  const measurements: Measurement[] = [];
  const faults: string[] = [];

  function note(runs: Runs<Kind, Run>, setting: Setting): void {
    const floorPerSecond = figuresOf(runs.floor).perSecond;
    for (const kind of kinds) {
      const figures = figuresOf(runs[kind]);
      const cycles = sum(runs[kind], 'cycles');
      const [lost, repeated] = [sum(runs[kind], 'lost'), sum(runs[kind], 'repeated')];
      const measurement = toCycleMeasurement(kind, setting, figures, floorPerSecond);
      measurements.push({
        ...measurement,
        ...{ lost, repeated },
        messagesPerCycle: rounded(sum(runs[kind], 'messages') / cycles, 2),
        bytesPerCycle: rounded(sum(runs[kind], 'bytes') / cycles, 0),
      });
      const what = `${measurement.name}, ${setting.clients} clients`;
      if (lost > 0) faults.push(`${what}: ${lost} callbacks were lost`);
      if (repeated > 0) faults.push(`${what}: ${repeated} callbacks came twice`);
      for (const { problems } of runs[kind]) faults.push(...problems.map((problem) => `${what}: ${problem}`));
    }
  }

  const rowFaults = await measureSettings<Floor, Kind, Run>({
    ...{ folder, site: siteFile(folder, nodes, { nsi }), options, serverModule, loadModule },
    ...{ kinds, who: 'requesters', runKind, note, say },
    floorsOn: (databases) => floorsOn(databases, nodes),
  });
  return { measurements, faults: [...faults, ...rowFaults] };
}
