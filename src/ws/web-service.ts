/**
 * The SOAP edge of one site: http(s) server, the faces at /rms and /nsi/provider, their contracts, /health and /metrics. It guards and
 * carries; what a message means is a face's business, what is decided the Provider's.
 */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { IrisError } from '../domain/errors/iris-error.js';
import type { HealthView, Provider } from '../domain/ports/provider.js';
import type { Site } from '../domain/site/site-file.js';
import { type Clock, systemClock } from '../lib/clock.js';
import { describeError } from '../lib/describe-error.js';
import type { Log } from '../lib/log.js';
import { isLoopback } from '../lib/loopback.js';
import { followTlsFiles } from '../lib/tls-files.js';
import { oldestTls, renewAtConnections } from '../lib/tls-server.js';
import type { Call, Face } from './face.js';
import { serveFile, serveWsdl } from './http/contract-files.js';
import { createGate, type Gate } from './http/gate.js';
import { readListenAddress } from './http/listen-address.js';
import { createMetrics, type Gauges, type Metrics } from './http/metrics.js';
import { readContentType, requestBody } from './http/request-body.js';
import { nsiContractFiles, nsiProviderWsdlFile } from './nsi/contract.js';
import { type DocumentName, documentNames } from './nsi/documents.js';
import { createNsiFace } from './nsi/face.js';
import { createDocumentHandlers } from './nsi/serve-documents.js';
import { createRmsFace, rmsSchemaFile, rmsWsdlFile } from './rms/face.js';
import type { PeerConnection } from './security/authenticate.js';
import { readCredentials } from './security/credentials.js';
import { createNonceCache } from './security/nonce-cache.js';
import { Refusal, toRefusal } from './soap/refusal.js';

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

const defaultLimits: WebServiceLimits = {
  maxBytes: 1 << 20,
  bodyTimeoutMs: 15_000,
  maxInside: 128,
  maxConnections: 1024,
  stopTimeoutMs: 30_000,
};

export interface WebServiceOptions {
  site: Site;
  provider: Provider;
  health: () => Promise<HealthView>;
  log: Log;
  gauges: Gauges;
  clock?: Clock;
  limits?: Partial<WebServiceLimits>;
}

/** A face is served at its path, and its contract at the path with `?wsdl`. */
interface Faces {
  rms: Face;
  /** Absent where the site file has no `nsi`. */
  nsi?: Face;
}
const places = {
  rms: { path: '/rms', wsdl: rmsWsdlFile },
  nsi: { path: '/nsi/provider', wsdl: nsiProviderWsdlFile },
} as const satisfies Record<keyof Faces, { path: string; wsdl: string }>;
type FaceName = keyof Faces;
const faceNames = Object.keys(places) as FaceName[];

export interface WebService {
  /** Throws ConfigError where the site file does not allow it, and the socket's error where the address is taken. */
  start(): Promise<{ url: string }>;
  /** Finishes what is being answered and takes nothing new. */
  stop(): Promise<void>;
}

/** What the handlers share. */
interface Room {
  faces: Faces;
  gate: Gate;
  metrics: Metrics;
  log: Log;
  clock: Clock;
  /** Absent where the site file has no `nsi`. */
  serveDocument?: (name: DocumentName) => RequestHandler;
}

function peerConnection(request: Request): PeerConnection {
  const socket = request.socket as Partial<TLSSocket> & Request['socket'];
  const overTls = socket.encrypted === true;
  return {
    confidential: overTls || isLoopback(socket.remoteAddress ?? ''),
    certificate: overTls && socket.authorized === true ? socket.getPeerX509Certificate?.() : undefined,
  };
}

function send(response: Response, status: number, headers: Readonly<Record<string, string>>, xml: string): void {
  if (response.headersSent || response.destroyed) return;
  response.status(status).set(headers).type('text/xml; charset=utf-8').send(xml);
}

/** One line a request, bound to its correlation id; the cause of what went wrong on our side goes nowhere else. */
function report(room: Room, call: Call, tookMs: number, refusal?: Refusal): void {
  const outcome = refusal?.error.kind.id ?? 'ok';
  room.metrics.observe(call.operation ?? 'unknown', outcome, tookMs / 1000);
  const { requester, answerHeader: _header, ...bound } = call;
  const log = room.log.child({ ...bound, requester: requester?.subject });
  if (refusal === undefined) log.info({ outcome, tookMs }, 'answered');
  // Who was turned away is worth more than a line among many.
  else if (outcome.startsWith('003')) log.warn({ outcome, tookMs, what: refusal.error.what }, 'refused');
  else if (refusal.faultCode === 'Server') log.error({ outcome, tookMs, error: describeError(refusal) }, 'failed');
  else log.info({ outcome, tookMs, what: refusal.error.what }, 'refused');
}

const answerSoap =
  (room: Room, face: Face): RequestHandler =>
  async (request, response) => {
    const call: Call = {};
    const startedMs = room.clock.now().getTime();
    const took = () => room.clock.now().getTime() - startedMs;
    try {
      const { charset } = readContentType(request.headers['content-type']);
      const bytes: Uint8Array = Buffer.isBuffer(request.body) ? request.body : new Uint8Array();
      const connection = peerConnection(request);
      const xml = await room.gate.run(() => face.answer({ bytes, charset, connection }, call));
      report(room, call, took());
      send(response, 200, {}, xml);
    } catch (error) {
      const refusal = toRefusal(error);
      report(room, call, took(), refusal);
      send(response, refusal.httpStatus, refusal.httpHeaders, face.fault(refusal, call));
    }
  };

const refuseMethod: RequestHandler = (request, _response, next) => {
  const error = new IrisError('payload', {
    what: `${request.method} is not answered here; POST a SOAP message, or GET ?wsdl`,
    variables: { method: request.method },
  });
  next(new Refusal('Client', error, 405, { Allow: 'POST' }));
};

/** What fails before a message was there to be answered. */
const answerFailure =
  (room: Room, face: Face): ErrorRequestHandler =>
  (error, _request, response, _next) => {
    const refusal = toRefusal(error);
    report(room, {}, 0, refusal);
    send(response, refusal.httpStatus, refusal.httpHeaders, face.fault(refusal, {}));
  };

const answerHealth =
  (health: () => Promise<HealthView>): RequestHandler =>
  async (_request, response) => {
    const view = await health();
    response.status(view.ok ? 200 : 503).json(view);
  };

function createApp(
  room: Room,
  health: () => Promise<HealthView>,
  limits: WebServiceLimits,
  url: () => string,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/health', answerHealth(health));
  app.get('/metrics', async (_request, response) => {
    response.type(room.metrics.contentType).send(await room.metrics.read());
  });
  // The addresses that the imports of the contracts name.
  app.get('/rms.xsd', serveFile(rmsSchemaFile));
  if (room.faces.nsi !== undefined)
    for (const { name, file } of nsiContractFiles) app.get(`/nsi/${name}`, serveFile(file));
  for (const name of documentNames)
    if (room.serveDocument !== undefined) app.get(`/nsi/${name}.xml`, room.serveDocument(name));
  for (const name of faceNames) {
    const { path, wsdl } = places[name];
    const face = room.faces[name];
    if (face === undefined) continue;
    app.get(path, serveWsdl(wsdl, path, url));
    app.post(path, ...requestBody(limits), answerSoap(room, face));
    app.all(path, refuseMethod);
    app.use(path, answerFailure(room, face));
  }
  app.use((_request, response) => {
    response
      .status(404)
      .type('text/plain')
      .send(
        room.faces.nsi === undefined
          ? 'There is /rms, with ?wsdl, /rms.xsd, /health and /metrics.\n'
          : 'There is /rms and /nsi/provider, each with ?wsdl; /nsi/discovery.xml, /nsi/topology.xml, /rms.xsd, /health and /metrics.\n',
      );
  });
  app.use(answerFailure(room, room.faces.rms));
  return app;
}

function createServer(site: Site, app: Express, clock: Clock, log: Log): http.Server {
  const { tls } = site.listen;
  if (tls === undefined) return http.createServer(app);
  const { cert, key, clientCa: ca } = tls;
  const material = followTlsFiles(ca === undefined ? { cert, key } : { cert, key, ca }, {
    clock,
    log,
    what: 'listen.tls',
  });
  // A client without a certificate may still bring a UsernameToken; a certificate counts only if `authorized`.
  const asked = ca === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
  const server = https.createServer({ ...material(), ...oldestTls, ...asked }, app);
  renewAtConnections(server, material);
  return server;
}

function listen(server: http.Server, host: string, port: number): Promise<void> {
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

const urlOf = (site: Site, server: http.Server): string => {
  const { address, family, port } = server.address() as AddressInfo;
  return `${site.listen.tls === undefined ? 'http' : 'https'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
};

/** Lets requests end, then closes; what has not ended in time is cut off. */
async function closeServer(server: http.Server, gate: Gate, stopTimeoutMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const timer = setTimeout(() => server.closeAllConnections(), stopTimeoutMs);
  await gate.close();
  server.closeIdleConnections();
  await closed;
  clearTimeout(timer);
}

export function createWebService(options: WebServiceOptions): WebService {
  const { site, provider, health } = options;
  const clock = options.clock ?? systemClock;
  const limits = { ...defaultLimits, ...options.limits };
  const log = options.log.child({ room: 'ws' });
  let running: { server: http.Server; gate: Gate; faces: Faces } | undefined;
  return {
    start: async () => {
      const { host, port } = readListenAddress(site.listen);
      const judge = { credentials: readCredentials(site), nonces: createNonceCache(clock), clock };
      const faces: Faces = {
        rms: await createRmsFace({ site: site.site, provider, judge, log }),
        ...(site.nsi === undefined
          ? {}
          : { nsi: createNsiFace({ site: { ...site, nsi: site.nsi }, provider, judge }) }),
      };
      const gate = createGate(limits.maxInside);
      let base = '';
      const serveDocument =
        site.nsi === undefined
          ? {}
          : {
              serveDocument: createDocumentHandlers({
                site: { ...site, nsi: site.nsi },
                provider,
                judge,
                gate,
                clock,
                peerOf: peerConnection,
                fallback: () => base,
                onRefused: (name, refusal) => report(room, { operation: `${name}.xml` }, 0, refusal),
              }),
            };
      const room: Room = { faces, gate, log, clock, metrics: createMetrics(health, options.gauges), ...serveDocument };
      const server = createServer(
        site,
        createApp(room, health, limits, () => base),
        clock,
        log,
      );
      setTimeouts(server, limits);
      await listen(server, host, port);
      base = urlOf(site, server);
      running = { server, gate, faces };
      log.info({ url: `${base}/rms` }, 'listening');
      return { url: `${base}/rms` };
    },
    stop: async () => {
      if (running === undefined) return;
      const { server, gate, faces } = running;
      running = undefined;
      await closeServer(server, gate, limits.stopTimeoutMs);
      for (const face of Object.values(faces)) face.dispose();
    },
  };
}
