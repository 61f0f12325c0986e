/** A requester that takes callbacks, holds each to the contract, and acknowledges it. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { element, envelope, type Heard, hear, nsiHeader } from './nsi-messages.js';

export interface Told extends Heard {
  soapAction: string | undefined;
}

export interface Requester {
  replyTo: string;
  told: Told[];
  close(): Promise<void>;
}

export async function startRequester(): Promise<Requester> {
  const told: Told[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      told.push({ ...hear(Buffer.concat(chunks).toString()), soapAction: request.headers.soapaction as string });
      response.setHeader('Content-Type', 'text/xml');
      response.end(envelope(nsiHeader(), element('acknowledgment', '')));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    replyTo: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks`,
    told,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
