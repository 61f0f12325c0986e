/** Requesters side by side, each with one cycle after the other: a step begins when the callback of the one before it has come. */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { type Figures, measureCycles } from '../cycle/cycles.js';
import { tomorrow } from '../cycle/messages.js';
import { processFigures } from '../process-figures.js';
import { answerQuestions } from '../worker.js';
import { type Step, stepNames, steps, writeTemplates } from './messages.js';
import { type Account, type Requester, startRequester } from './requester.js';

export interface LoadOrder {
  urls: string[];
  clients: number;
  seconds: number;
}

export interface Heard extends Account {
  cycles: number;
  /** What went wrong, the first few. */
  problems: string[];
}

/** Texts that a provider has sent in one cycle. */
export interface Sample {
  connectionId: string;
  exchanges: Record<Step, { correlationId: string; answer: string; callback: string }>;
}

const patienceMs = 60_000;
const mostProblems = 5;
const correlationId = (): string => `urn:uuid:${randomUUID()}`;

function expectIn(text: string, what: RegExp): string {
  const found = what.exec(text)?.[1];
  if (found === undefined) throw new Error(`a message without ${what.source}: ${text.slice(0, 2_000)}`);
  return found;
}

const acknowledgment = /<(?:\w+:)?(acknowledgment)\b/;
const callbackOf = Object.fromEntries(
  stepNames.map((step) => [step, new RegExp(`Body>\\s*<(?:\\w+:)?(${steps[step]})\\b`)]),
) as Record<Step, RegExp>;

type Write = ReturnType<typeof writeTemplates>;

async function runCycle(
  requester: Requester,
  write: Write,
  agent: http.Agent,
  url: string,
  key: number,
): Promise<Sample> {
  const period = tomorrow(Date.now());
  const exchanges: Partial<Sample['exchanges']> = {};
  let connectionId = '';
  for (const step of stepNames) {
    const id = correlationId();
    const called = requester.heard(id, patienceMs);
    // Whatever the answer is found to be, nobody is left with a rejection.
    called.catch(() => {});
    const answer = await requester.post(agent, url, write[step]({ correlationId: id, connectionId, key, period }));
    if (step === 'reserve') connectionId = expectIn(answer, /<connectionId>([^<]+)</);
    else expectIn(answer, acknowledgment);
    const text = await called;
    expectIn(text, callbackOf[step]);
    if (expectIn(text, /<connectionId>([^<]+)</) !== connectionId) throw new Error(`not of ${connectionId}: ${text}`);
    exchanges[step] = { correlationId: id, answer, callback: text };
  }
  return { connectionId, exchanges: exchanges as Sample['exchanges'] };
}

async function withRequester<T>(clients: number, work: (requester: Requester, agents: http.Agent[]) => Promise<T>) {
  const requester = await startRequester();
  const agents = Array.from({ length: clients }, () => new http.Agent({ keepAlive: true, maxSockets: 1 }));
  try {
    return await work(requester, agents);
  } finally {
    for (const agent of agents) agent.destroy();
    await requester.close();
  }
}

answerQuestions({
  sample: ({ url }: { url: string }): Promise<Sample> =>
    withRequester(1, (requester, [agent]) => runCycle(requester, writeTemplates(requester.replyTo), agent!, url, 1)),
  run: ({ urls, clients, seconds }: LoadOrder): Promise<Figures & Heard> =>
    withRequester(clients, async (requester, agents) => {
      const write = writeTemplates(requester.replyTo);
      const problems: string[] = [];
      let cycles = 0;
      const figures = await measureCycles(clients, seconds, async (client) => {
        try {
          await runCycle(requester, write, agents[client]!, urls[client % urls.length]!, client + 1);
          cycles += 1;
        } catch (error) {
          if (problems.length < mostProblems) problems.push((error as Error).message);
        }
      });
      return { ...figures, ...requester.account, cycles, problems };
    }),
  ...processFigures,
});
