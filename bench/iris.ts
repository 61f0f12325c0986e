/** The daemon as it is served, inside a process of a benchmark. */
import { localCommands } from '../src/daemon/composition.js';

export interface IrisOrder {
  siteFile: string;
  logFile: string;
  database: string;
}

export interface ServedIris {
  /** Of its rms face. */
  url: string;
  stop(): Promise<void>;
}

export function startIris({ siteFile, logFile, database }: IrisOrder): Promise<ServedIris> {
  const ending = new AbortController();
  return new Promise((resolve, reject) => {
    const stop = (): Promise<void> => {
      ending.abort();
      return served;
    };
    const say = (line: string): void => {
      const url = /^Iris serves .* at (\S+)$/.exec(line)?.[1];
      if (url !== undefined) resolve({ url, stop });
    };
    const options = { config: siteFile, logFile, database, listen: '127.0.0.1:0', migrate: true };
    const served = localCommands.serve(options, { say, signal: ending.signal });
    served.catch(reject);
  });
}
