/** A process that serves: the floor, or the daemon as it is. */

import { type IrisOrder, startIris } from '../iris.js';
import { processFigures } from '../process-figures.js';
import { answerQuestions } from '../worker.js';
import { startFloor } from './floor.js';
import type { Sample } from './load.js';

let stop: () => Promise<void> = async () => {};

answerQuestions({
  async iris(order: IrisOrder): Promise<string> {
    const iris = await startIris(order);
    stop = iris.stop;
    return new URL('/nsi/provider', iris.url).href;
  },
  async floor({ sample }: { sample: Sample }): Promise<string> {
    const floor = await startFloor(sample);
    stop = floor.close;
    return floor.url;
  },
  ...processFigures,
  stop: () => stop(),
});
