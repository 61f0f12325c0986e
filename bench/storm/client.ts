/** One client of the web service, which asks one thing after the other and takes the time of each. */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { changeMessage, envelope, reserveMessage, tomorrow, vm, vmElement } from '../cycle/messages.js';

export const operations = ['getReservation', 'reserve', 'commit', 'terminate'] as const;
export type Operation = (typeof operations)[number];

export interface Timed {
  operation: Operation;
  ms: number;
  /** No answer came: the connection was closed, or nothing was said for a minute. */
  failed: boolean;
}

/** Of the VI behind the switches, and of what is reserved beside it. */
const stormKey = 1;
const otherKey = 2;
const builtWithinMs = 60_000;
const answerWithinMs = 60_000;

function find(pattern: RegExp, answer: string): string {
  const found = pattern.exec(answer)?.[1];
  if (found === undefined) throw new Error(`an answer without ${pattern.source}: ${answer.slice(0, 2_000)}`);
  return found;
}

const correlationId = (): string => `urn:uuid:${randomUUID()}`;

const reserveVi = (vms: number): string => {
  const elements = Array.from({ length: vms }, (_, index) => vmElement(`${vm.name}${index + 1}`));
  return reserveMessage(correlationId(), stormKey, { vms: elements.join('') });
};

const getReservation = (connectionId: string): string =>
  envelope(`<r:getReservation><connectionId>${connectionId}</connectionId></r:getReservation>`);

export function createClient(url: string) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  function ask(method: 'GET' | 'POST', path: string, body = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { 'Content-Type': 'text/xml; charset=utf-8', 'Content-Length': Buffer.byteLength(body) };
      const request = http.request(
        new URL(path, url),
        { method, agent, headers, timeout: answerWithinMs },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => resolve(Buffer.concat(chunks).toString()));
        },
      );
      request.on('error', reject);
      request.on('timeout', () => request.destroy(new Error('no answer')));
      request.end(body);
    });
  }
  const post = (body: string): Promise<string> => ask('POST', url, body);

  return {
    /** Reserves a VI with a VM for each switch, and resolves with its id when it stands. */
    async build(vms: number): Promise<string> {
      const connectionId = find(/<connectionId>([^<]+)</, await post(reserveVi(vms)));
      await post(changeMessage('commit', correlationId(), connectionId));
      const endMs = performance.now() + builtWithinMs;
      for (;;) {
        const answer = await post(getReservation(connectionId));
        if (/<active>true</.test(answer)) return connectionId;
        if (performance.now() > endMs) throw new Error(`the VI does not stand: ${answer.slice(0, 4_000)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    /** Looks at the VI, then reserves something for tomorrow, commits and ends it; again and again for so long. */
    async work(connectionId: string, seconds: number): Promise<Timed[]> {
      const timed: Timed[] = [];
      const time = async (operation: Operation, body: string, pattern: RegExp): Promise<string | undefined> => {
        const began = performance.now();
        const answer = await post(body).catch(() => undefined);
        timed.push({ operation, ms: performance.now() - began, failed: answer === undefined });
        return answer && find(pattern, answer);
      };
      const endMs = performance.now() + seconds * 1_000;
      do {
        await time('getReservation', getReservation(connectionId), /(<active>true<)/);
        const message = reserveMessage(correlationId(), otherKey, { interval: tomorrow(Date.now()) });
        const id = await time('reserve', message, /<connectionId>([^<]+)</);
        if (id === undefined) continue;
        await time('commit', changeMessage('commit', correlationId(), id), /(<provisionState>Provisioned<)/);
        await time('terminate', changeMessage('terminate', correlationId(), id), /(<lifecycleState>Terminated<)/);
      } while (performance.now() < endMs);
      return timed;
    },
    /** Packet-ins that the daemon has had from all switches. */
    async packetIns(): Promise<number> {
      const metrics = await ask('GET', '/metrics');
      return [...metrics.matchAll(/^iris_packet_ins_total\{.*\} (\S+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
    },
    close: (): void => agent.destroy(),
  };
}

export type Client = ReturnType<typeof createClient>;
