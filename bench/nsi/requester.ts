/** A requester that does next to nothing: posts messages, listens to callbacks, acknowledges them, and keeps account of both. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { acknowledge } from './messages.js';

export interface Account {
  /** Callbacks that did not come in time. */
  lost: number;
  /** Callbacks that had come already: allowed after a crash only. */
  repeated: number;
  messages: number;
  bytes: number;
}

export interface Requester {
  replyTo: string;
  account: Account;
  /** The callback under this correlation id, whole. Rejects, and counts it as lost, after `patienceMs`. */
  heard(correlationId: string, patienceMs: number): Promise<string>;
  /** The answer to a message. */
  post(agent: http.Agent, url: string, body: string): Promise<string>;
  close(): Promise<void>;
}

async function readAll(message: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

interface Waiting {
  take(text: string): void;
  timer: NodeJS.Timeout;
}

export async function startRequester(): Promise<Requester> {
  const account: Account = { lost: 0, repeated: 0, messages: 0, bytes: 0 };
  const waiting = new Map<string, Waiting>();
  const count = (...texts: string[]): void => {
    account.messages += texts.length;
    for (const text of texts) account.bytes += Buffer.byteLength(text);
  };

  const server = http.createServer(async (request, response) => {
    const text = await readAll(request);
    const correlationId = /<correlationId>([^<]+)</.exec(text)?.[1] ?? '';
    const answer = acknowledge(correlationId);
    count(text, answer);
    response.writeHead(200, { 'Content-Type': 'text/xml; charset=utf-8' }).end(answer);
    const waiter = waiting.get(correlationId);
    waiting.delete(correlationId);
    if (waiter === undefined) account.repeated += 1;
    else {
      clearTimeout(waiter.timer);
      waiter.take(text);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  /** A connection that the server closed, for it had been idle, just as it was used again: the message is sent once more, under the same correlation id. */
  const post = (agent: http.Agent, url: string, body: string, mayRepeat: boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { 'Content-Type': 'text/xml; charset=utf-8', 'Content-Length': Buffer.byteLength(body) };
      const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
        readAll(response).then((answer) => {
          count(body, answer);
          resolve(answer);
        }, reject);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (mayRepeat && request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? ''))
          resolve(post(agent, url, body, false));
        else reject(error);
      });
      request.end(body);
    });

  return {
    replyTo: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks`,
    account,
    heard: (correlationId, patienceMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(correlationId);
          account.lost += 1;
          reject(new Error(`no callback for ${correlationId} within ${patienceMs} ms`));
        }, patienceMs);
        waiting.set(correlationId, { take: resolve, timer });
      }),
    post: (agent, url, body) => post(agent, url, body, true),
    async close() {
      for (const { timer } of waiting.values()) clearTimeout(timer);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
