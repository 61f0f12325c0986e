/** The processes of a run: two that answer, the floor and Iris, and one that asks. */
import { startWorker, type Worker } from '../worker.js';

export type Kind = 'floor' | 'iris';
export const kinds: readonly Kind[] = ['floor', 'iris'];

export interface Responder {
  worker: Worker;
  port: number;
}

export interface Processes {
  responders: Record<Kind, Responder>;
  load: Worker;
}

const responderModule = new URL('./responder.js', import.meta.url);
const loadModule = new URL('./load.js', import.meta.url);

async function startResponder(worker: Worker, kind: Kind, entries: number): Promise<Responder> {
  return { worker, port: await worker.ask<number>('start', { kind, entries }) };
}

/** Ends them all when the work is done, and when it fails. */
export async function withProcesses<T>(entries: number, work: (processes: Processes) => Promise<T>): Promise<T> {
  const [floor, iris, load] = [startWorker(responderModule), startWorker(responderModule), startWorker(loadModule)];
  try {
    const responders = {
      floor: await startResponder(floor, 'floor', entries),
      iris: await startResponder(iris, 'iris', entries),
    };
    return await work({ responders, load });
  } finally {
    await Promise.all([floor, iris, load].map((worker) => worker.end()));
  }
}
