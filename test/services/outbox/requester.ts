/** An NSI requester on a real HTTP server: remembers what it is told, and behaves as a test wants it to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { acknowledgment } from './plain-writer.js';

export interface Told {
  connectionId?: string;
  correlationId: string;
  message: { kind: string; notificationId?: number };
  at: number;
}

export type Behaviour = (told: Told, response: ServerResponse, request: IncomingMessage) => void;

export const acknowledge: Behaviour = (_told, response) => void response.end(acknowledgment);
export const sayNothing: Behaviour = () => {};

export interface Requester {
  readonly replyTo: string;
  /** Everything that arrived, whatever was answered. */
  readonly told: Told[];
  /** How many connections were made to it. */
  readonly connections: number;
  /** How many answers have left it. */
  readonly answered: number;
  behave(behaviour: Behaviour): void;
  /** Nobody listens at its address any more; `comeBack` listens there again. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export async function openRequester(behaviour: Behaviour = acknowledge): Promise<Requester> {
  const told: Told[] = [];
  let behaves = behaviour;
  let connections = 0;
  let answered = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const message = { ...(JSON.parse(await readBody(request)) as Told), at: told.length };
    told.push(message);
    response.on('finish', () => {
      answered += 1;
    });
    behaves(message, response, request);
  };
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  server.on('connection', () => {
    connections += 1;
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    replyTo: `http://127.0.0.1:${port}/requester`,
    told,
    get connections() {
      return connections;
    },
    get answered() {
      return answered;
    },
    behave(other) {
      behaves = other;
    },
    goAway: stop,
    comeBack: () => listen(port),
    close: async () => {
      if (server.listening) await stop();
    },
  };
}
