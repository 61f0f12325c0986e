/** A process that serves: a floor, with nothing or with rows behind it, or the daemon as it is. */
import { type IrisOrder, startIris } from '../iris.js';
import { processFigures } from '../process-figures.js';
import { answerQuestions } from '../worker.js';
import { type Behind, nothing } from './behind.js';
import { startFloor } from './floor.js';
import type { Sample } from './load.js';
import { createRows } from './rows.js';

let stop: () => Promise<void> = async () => {};

async function replay(sample: Sample, behind: Behind): Promise<string> {
  const floor = await startFloor(sample, behind);
  stop = floor.close;
  return floor.url;
}

answerQuestions({
  async iris(order: IrisOrder): Promise<string> {
    const iris = await startIris(order);
    stop = iris.stop;
    return new URL('/nsi/provider', iris.url).href;
  },
  floor: ({ sample }: { sample: Sample }): Promise<string> => replay(sample, nothing),
  rows: ({ sample, database, nodes }: { sample: Sample; database: string; nodes: number }): Promise<string> =>
    replay(sample, createRows(database, nodes)),
  ...processFigures,
  stop: () => stop(),
});
