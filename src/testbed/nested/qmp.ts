/**
 * QEMU's monitor (QMP) over a serial line that leads into a VM: commands and their answers, events with the time at which they came. Whoever was at the other
 * end may have ended and been followed by another, so it is asked whether it is there.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { waitUntil } from '../../lib/wait-until.js';

export interface QmpEvent {
  event: string;
  /** Date.now() when it came. */
  atMs: number;
}

export interface Qmp {
  /** Throws what QEMU says against it, or when no answer comes in time. */
  execute<T>(command: string, given?: object): Promise<T>;
  /** Waits for a QEMU that takes commands. */
  greet(): Promise<void>;
  readonly events: readonly QmpEvent[];
  close(): void;
}

interface Answer {
  id?: number;
  event?: string;
  return?: unknown;
  error?: { desc: string };
}

/** For emulation within emulation on a busy machine. */
const answerMs = 60_000;
const greetMs = 300_000;
const greetAgainMs = 1_000;

/** Undefined for what is no object: the line also carries what a VM says before it has set it up. */
function parse(line: string): Answer | undefined {
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return undefined;
  }
}

export async function connectQmp(path: string): Promise<Qmp> {
  const socket = connect(path);
  await once(socket, 'connect');
  const waiting = new Map<number, (answer: Answer) => void>();
  const events: QmpEvent[] = [];
  let lastId = 0;
  socket.on('error', () => {});
  createInterface({ input: socket }).on('line', (line) => {
    const answer = parse(line);
    if (answer?.event !== undefined) events.push({ event: answer.event, atMs: Date.now() });
    if (answer?.id !== undefined) waiting.get(answer.id)?.(answer);
  });

  function ask(command: string, given: object | undefined, withinMs: number): Promise<Answer | undefined> {
    const id = ++lastId;
    return new Promise((resolve) => {
      const settle = (answer?: Answer): void => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(settle, withinMs);
      waiting.set(id, settle);
      socket.write(`${JSON.stringify({ execute: command, arguments: given, id })}\n`);
    });
  }

  return {
    events,
    async execute<T>(command: string, given?: object) {
      const answer = await ask(command, given, answerMs);
      if (answer === undefined) throw new Error(`${command}: no answer within ${answerMs} ms`);
      if (answer.error !== undefined) throw new Error(`${command}: ${answer.error.desc}`);
      return answer.return as T;
    },
    async greet() {
      await waitUntil(async () => (await ask('qmp_capabilities', undefined, greetAgainMs)) !== undefined, {
        ...{ what: `a QEMU that answers at ${path}`, timeoutMs: greetMs, intervalMs: 0 },
      });
    },
    close: () => socket.destroy(),
  };
}
