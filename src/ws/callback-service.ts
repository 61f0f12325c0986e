/**
 * /nsi/requester by itself, for a requester that is no site's daemon: a co-allocation, say. The same face with the same limits on size and time, its
 * contract beside it, and nothing else.
 */
import express, { type Express } from 'express';
import { type Clock, systemClock } from '../lib/clock.js';
import type { Log } from '../lib/log.js';
import type { CallbackTaker } from '../wire/nsi/callbacks.js';
import { serveFile } from './http/contract-files.js';
import { createGate } from './http/gate.js';
import { defaultLimits, type ServerTls, startHttpServer, type WebServiceLimits } from './http/http-server.js';
import { readListenAddress } from './http/listen-address.js';
import { type SoapRoom, serveSoap } from './http/soap-endpoint.js';
import { nsiContractFiles, nsiRequesterWsdlFile } from './nsi/contract.js';
import { createRequesterFace } from './nsi/requester-face.js';
import { rmsSchemaFile } from './rms/face.js';

export interface CallbackServiceOptions {
  /** HOST:PORT; off loopback only with TLS. */
  listen: string;
  /** With `clientCa` providers are known by their certificates. */
  tls?: ServerTls;
  /** Our NSA id. */
  nsa: string;
  callbacks: CallbackTaker;
  log: Log;
  clock?: Clock;
  limits?: Partial<WebServiceLimits>;
}

export interface CallbackService {
  /** Where callbacks are taken: `http://127.0.0.1:4711/nsi/requester` */
  url: string;
  stop(): Promise<void>;
}

export const requesterPath = '/nsi/requester';

function createApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/rms.xsd', serveFile(rmsSchemaFile));
  for (const { name, file } of nsiContractFiles) app.get(`/nsi/${name}`, serveFile(file));
  return app;
}

/** Throws ConfigError for an address that is not allowed, and the socket's error where it is taken. */
export async function startCallbackService(options: CallbackServiceOptions): Promise<CallbackService> {
  const { tls, nsa, callbacks } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const clock = options.clock ?? systemClock;
  const address = readListenAddress(
    { soap: options.listen, insecure: false, tls },
    { source: 'request', path: 'nsi.callbacks.listen', advice: 'give nsi.callbacks.cert, key and ca' },
  );
  const gate = createGate(limits.maxInside);
  const log = options.log.child({ room: 'ws' });
  const face = createRequesterFace({ nsa, callbacks });
  const room: SoapRoom = { gate, log, clock, metrics: { observe: () => {} } };
  const app = createApp();
  let base = '';
  serveSoap(app, room, { path: requesterPath, face, wsdl: nsiRequesterWsdlFile }, limits, () => base);
  const parts = { gate, address, tls, what: 'callbacks', limits, clock, log };
  const server = await startHttpServer(app, parts).catch((error: unknown) => {
    face.dispose();
    throw error;
  });
  base = server.url;
  return {
    url: `${base}${requesterPath}`,
    async stop() {
      await server.stop();
      face.dispose();
    },
  };
}
