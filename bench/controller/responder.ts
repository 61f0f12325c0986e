/** The process that answers: the floor, or Iris. */
import { processFigures } from '../process-figures.js';
import { answerQuestions } from '../worker.js';
import { startArpController } from './arp-controller.js';
import { startFloor } from './floor.js';

interface Order {
  kind: 'floor' | 'iris';
  entries: number;
}

let controller: Awaited<ReturnType<typeof startArpController>> | undefined;

answerQuestions({
  async start({ kind, entries }: Order): Promise<number> {
    if (kind === 'floor') return startFloor();
    controller = await startArpController({ listen: { kind: 'tcp', host: '127.0.0.1', port: 0 }, entries, known: [] });
    return controller.port;
  },
  cpuMs: processFigures.cpuMs,
  rssMiB: () => Math.round(process.memoryUsage.rss() / 2 ** 20),
  counts: () => controller?.counts(),
});
