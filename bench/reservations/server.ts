/** A process that serves: the floor, or the daemon as it is. */
import { randomUUID } from 'node:crypto';
import { localCommands } from '../../src/daemon/composition.js';
import { answerQuestions } from '../worker.js';
import { type Figures, measureCycles } from './cycles.js';
import { startFloor } from './floor.js';
import { tomorrow } from './messages.js';
import { createRows, type Rows } from './rows.js';

interface IrisOrder {
  siteFile: string;
  logFile: string;
  database: string;
}

let rows: Rows | undefined;
let stopIris: () => Promise<void> = async () => {};

function startIris({ siteFile, logFile, database }: IrisOrder): Promise<string> {
  const stop = new AbortController();
  return new Promise((resolve, reject) => {
    const say = (line: string): void => {
      const url = /^Iris serves .* at (\S+)$/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    };
    const options = { config: siteFile, logFile, database, listen: '127.0.0.1:0', migrate: true };
    const served = localCommands.serve(options, { say, signal: stop.signal });
    served.catch(reject);
    stopIris = () => {
      stop.abort();
      return served;
    };
  });
}

const correlationId = (): string => `urn:uuid:${randomUUID()}`;

answerQuestions({
  iris: startIris,
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
  cpuMs() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  rssMiB: () => process.memoryUsage.rss() / 2 ** 20,
  async stop() {
    await stopIris();
    await rows?.close();
  },
});
