/** A process that serves: the floor, or the daemon as it is. */
import { randomUUID } from 'node:crypto';
import { type Figures, measureCycles } from '../cycle/cycles.js';
import { tomorrow } from '../cycle/messages.js';
import { type IrisOrder, type ServedIris, startIris } from '../iris.js';
import { processFigures } from '../process-figures.js';
import { answerQuestions } from '../worker.js';
import { startFloor } from './floor.js';
import { createRows, type Rows } from './rows.js';

let rows: Rows | undefined;
let iris: ServedIris | undefined;

const correlationId = (): string => `urn:uuid:${randomUUID()}`;

answerQuestions({
  async iris(order: IrisOrder): Promise<string> {
    iris = await startIris(order);
    return iris.url;
  },
  floor({ database, nodes }: { database: string; nodes: number }): Promise<string> {
    rows = createRows(database, nodes);
    return startFloor(rows);
  },
  /** The rows alone: no message is read or written. `firstKey`: segments are not shared with another process. */
  rows: ({ clients, seconds, firstKey }: { clients: number; seconds: number; firstKey: number }): Promise<Figures> =>
    measureCycles(clients, seconds, async (client) => {
      const wanted = { key: firstKey + client, ...tomorrow(Date.now()) };
      const { connectionId } = (await rows!.reserve(correlationId(), wanted)) as { connectionId: string };
      await rows!.commit(correlationId(), connectionId);
      await rows!.terminate(correlationId(), connectionId);
    }),
  ...processFigures,
  async stop() {
    await iris?.stop();
    await rows?.close();
  },
});
