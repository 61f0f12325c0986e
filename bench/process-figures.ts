/** What a process tells of itself. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const mebibyte = 2 ** 20;

/** Node shows its collector only to a context that is made after it was asked to. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

export const processFigures = {
  rssMiB: (): number => process.memoryUsage.rss() / mebibyte,
  /** After a full collection: what is still in use. */
  heapMiB(): number {
    collectGarbage();
    return process.memoryUsage().heapUsed / mebibyte;
  },
  cpuMs(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
};
