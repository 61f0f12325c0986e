/** Clients that do nothing but reserve, commit and terminate, one cycle after the other; each keeps its connection. */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { type Figures, measureCycles } from '../cycle/cycles.js';
import { changeMessage, reserveMessage, tomorrow } from '../cycle/messages.js';
import { processFigures } from '../process-figures.js';
import { answerQuestions } from '../worker.js';

export interface LoadOrder {
  urls: string[];
  clients: number;
  seconds: number;
}

function post(agent: http.Agent, url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'text/xml; charset=utf-8', 'Content-Length': Buffer.byteLength(body) };
    const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** What the answer must say, or the cycle has not happened. */
function find(pattern: RegExp, answer: string): string {
  const found = pattern.exec(answer)?.[1];
  if (found === undefined) throw new Error(`an answer without ${pattern.source}: ${answer.slice(0, 2_000)}`);
  return found;
}

const correlationId = (): string => `urn:uuid:${randomUUID()}`;

async function cycle(ask: (body: string) => Promise<string>, key: number): Promise<void> {
  const held = await ask(reserveMessage(correlationId(), key, { interval: tomorrow(Date.now()) }));
  find(/(<reservationState>ReserveHeld<)/, held);
  const connectionId = find(/<connectionId>([^<]+)</, held);
  find(/(<provisionState>Provisioned<)/, await ask(changeMessage('commit', correlationId(), connectionId)));
  find(/(<lifecycleState>Terminated<)/, await ask(changeMessage('terminate', correlationId(), connectionId)));
}

answerQuestions({
  async run({ urls, clients, seconds }: LoadOrder): Promise<Figures> {
    const agents = Array.from({ length: clients }, () => new http.Agent({ keepAlive: true, maxSockets: 1 }));
    try {
      return await measureCycles(clients, seconds, (client) =>
        cycle((body) => post(agents[client]!, urls[client % urls.length]!, body), client + 1),
      );
    } finally {
      for (const agent of agents) agent.destroy();
    }
  },
  ...processFigures,
});
