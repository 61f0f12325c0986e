/** The server under the faces: http or https, with its timeouts, from start to an orderly stop. */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import { followTlsFiles } from '../../lib/tls-files.js';
import { followHandshakes, oldestTls, renewAtConnections } from '../../lib/tls-server.js';
import type { Gate } from './gate.js';
import type { ListenAddress } from './listen-address.js';

export interface WebServiceLimits {
  maxBytes: number;
  /** A request must have arrived as a whole within this time. */
  bodyTimeoutMs: number;
  /** Requests served at once; more are refused. */
  maxInside: number;
  maxConnections: number;
  /** How long `stop` waits for what is being answered. */
  stopTimeoutMs: number;
}

export const defaultLimits: WebServiceLimits = {
  maxBytes: 1 << 20,
  bodyTimeoutMs: 15_000,
  maxInside: 128,
  maxConnections: 1024,
  stopTimeoutMs: 30_000,
};

/** Paths of PEM files. */
export interface ServerTls {
  cert: string;
  key: string;
  /** Clients whose certificate this authority signed are `authorized`. */
  clientCa?: string | undefined;
}

export interface HttpServer {
  /** `https://127.0.0.1:8080` */
  url: string;
  /** Lets requests end, then closes; what has not ended in time is cut off. */
  stop(): Promise<void>;
}

export interface HttpServerParts {
  gate: Gate;
  address: ListenAddress;
  tls: ServerTls | undefined;
  /** Where the files of `tls` are named, for the log. */
  what: string;
  limits: WebServiceLimits;
  clock: Clock;
  log: Log;
}

interface Served {
  server: http.Server;
  /** Closes connections that are no requests yet. */
  dropHandshakes: () => void;
}

function createServer(app: Express, { tls, what, limits, clock, log }: HttpServerParts): Served {
  if (tls === undefined) return { server: http.createServer(app), dropHandshakes: () => {} };
  const { cert, key, clientCa: ca } = tls;
  const material = followTlsFiles(ca === undefined ? { cert, key } : { cert, key, ca }, { clock, log, what });
  // A client without a certificate may still bring a UsernameToken; a certificate counts only if `authorized`.
  const asked = ca === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
  const server = https.createServer(
    { ...material(), ...oldestTls, ...asked, handshakeTimeout: limits.bodyTimeoutMs },
    app,
  );
  renewAtConnections(server, material);
  return { server, dropHandshakes: followHandshakes(server) };
}

function listen(server: http.Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function setTimeouts(server: http.Server, limits: WebServiceLimits): void {
  server.maxConnections = limits.maxConnections;
  server.headersTimeout = limits.bodyTimeoutMs;
  // The body's own timer answers with a fault first; this one is for what never gets so far.
  server.requestTimeout = limits.bodyTimeoutMs * 2;
}

const urlOf = (tls: ServerTls | undefined, server: http.Server): string => {
  const { address, family, port } = server.address() as AddressInfo;
  return `${tls === undefined ? 'http' : 'https'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
};

async function closeServer({ server, dropHandshakes }: Served, gate: Gate, stopTimeoutMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const timer = setTimeout(() => server.closeAllConnections(), stopTimeoutMs);
  await gate.close();
  server.closeIdleConnections();
  dropHandshakes();
  await closed;
  clearTimeout(timer);
}

/** Throws the socket's error where the address is taken. */
export async function startHttpServer(app: Express, parts: HttpServerParts): Promise<HttpServer> {
  const { gate, address, tls, limits } = parts;
  const served = createServer(app, parts);
  const { server } = served;
  setTimeouts(server, limits);
  await listen(server, address);
  return { url: urlOf(tls, server), stop: () => closeServer(served, gate, limits.stopTimeoutMs) };
}
