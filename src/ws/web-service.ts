/**
 * The SOAP edge of one site: http(s) server, the faces at /rms, /nsi/provider and /nsi/requester, their contracts, /health and /metrics. It
 * guards and carries; what a message means is a face's business, what is decided the Provider's.
 */
import express, { type Express, type Request, type RequestHandler } from 'express';
import type { HealthView, Provider } from '../domain/ports/provider.js';
import type { NoteRefusedIdentity } from '../domain/ports/refused-identity.js';
import type { Site } from '../domain/site/site-file.js';
import { type Clock, systemClock } from '../lib/clock.js';
import type { Log } from '../lib/log.js';
import type { CallbackTaker } from '../wire/nsi/callbacks.js';
import type { Face } from './face.js';
import { serveFile } from './http/contract-files.js';
import { createGate } from './http/gate.js';
import { defaultLimits, type HttpServer, startHttpServer, type WebServiceLimits } from './http/http-server.js';
import { readListenAddress } from './http/listen-address.js';
import { createMetrics, type Gauges, type Metrics } from './http/metrics.js';
import { answerFailure, peerConnection, report, type SoapRoom, senderOf, serveSoap } from './http/soap-endpoint.js';
import { nsiContractFiles, nsiProviderWsdlFile, nsiRequesterWsdlFile } from './nsi/contract.js';
import { type DocumentName, documentNames } from './nsi/documents.js';
import { createNsiFace } from './nsi/face.js';
import { createRequesterFace } from './nsi/requester-face.js';
import { createDocumentHandlers } from './nsi/serve-documents.js';
import { createRmsFace, rmsSchemaFile, rmsWsdlFile } from './rms/face.js';
import { readCredentials } from './security/credentials.js';
import { createNonceCache } from './security/nonce-cache.js';
import type { TokenJudge } from './security/username-token.js';
import type { Refusal } from './soap/refusal.js';

export interface WebServiceOptions {
  site: Site;
  provider: Provider;
  /** Whoever of this process has asked other providers; nobody if absent. */
  callbacks?: CallbackTaker;
  /** Told of every request whose identity is refused. */
  noteRefused?: NoteRefusedIdentity;
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
  requester?: Face;
}
const places = {
  rms: { path: '/rms', wsdl: rmsWsdlFile },
  nsi: { path: '/nsi/provider', wsdl: nsiProviderWsdlFile },
  requester: { path: '/nsi/requester', wsdl: nsiRequesterWsdlFile },
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
interface Room extends SoapRoom {
  faces: Faces;
  metrics: Metrics;
  /** Absent where the site file has no `nsi`. */
  serveDocument?: (name: DocumentName) => RequestHandler;
}

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
    const face = room.faces[name];
    if (face !== undefined) serveSoap(app, room, { ...places[name], face }, limits, url);
  }
  app.use((_request, response) => {
    response
      .status(404)
      .type('text/plain')
      .send(
        room.faces.nsi === undefined
          ? 'There is /rms, with ?wsdl, /rms.xsd, /health and /metrics.\n'
          : 'There is /rms, /nsi/provider and /nsi/requester, each with ?wsdl; /nsi/discovery.xml, /nsi/topology.xml, /rms.xsd, /health and /metrics.\n',
      );
  });
  app.use(answerFailure(room, room.faces.rms));
  return app;
}

const asksNobody: CallbackTaker = {
  take: ({ header: { correlationId } }) => ({
    refused: 'payload',
    what: 'this service has asked no provider for anything',
    variables: { correlationId },
  }),
};

async function createFaces({ site, provider, callbacks }: WebServiceOptions, judge: TokenJudge, log: Log) {
  const rms = await createRmsFace({ site: site.site, provider, judge, log });
  const { nsi } = site;
  if (nsi === undefined) return { rms } satisfies Faces;
  return {
    rms,
    nsi: createNsiFace({ site: { ...site, nsi }, provider, judge }),
    requester: createRequesterFace({ nsa: nsi.nsaId, callbacks: callbacks ?? asksNobody }),
  } satisfies Faces;
}

export function createWebService(options: WebServiceOptions): WebService {
  const { site, provider, health } = options;
  const clock = options.clock ?? systemClock;
  const limits = { ...defaultLimits, ...options.limits };
  const log = options.log.child({ room: 'ws' });
  let running: { server: HttpServer; faces: Faces } | undefined;
  const documentsOf = (judge: TokenJudge, room: SoapRoom, base: () => string): Pick<Room, 'serveDocument'> => {
    const { nsi } = site;
    if (nsi === undefined) return {};
    const { gate } = room;
    const onRefused = (request: Request, name: DocumentName, refusal: Refusal): void =>
      report(room, `/nsi/${name}.xml`, { operation: `${name}.xml`, sender: senderOf(request) }, 0, refusal);
    const shared = { site: { ...site, nsi }, provider, judge, gate, clock, peerOf: peerConnection, onRefused };
    return { serveDocument: createDocumentHandlers({ ...shared, fallback: base }) };
  };
  return {
    start: async () => {
      const address = readListenAddress(site.listen);
      const judge = { credentials: readCredentials(site), nonces: createNonceCache(clock), clock };
      const faces: Faces = await createFaces(options, judge, log);
      const gate = createGate(limits.maxInside);
      let base = '';
      const { noteRefused } = options;
      const metrics = createMetrics(health, options.gauges);
      const shared = { gate, log, clock, metrics, ...(noteRefused === undefined ? {} : { noteRefused }) };
      const room: Room = { ...shared, faces, ...documentsOf(judge, shared, () => base) };
      const app = createApp(room, health, limits, () => base);
      const tls = site.listen.tls;
      const server = await startHttpServer(app, { gate, address, tls, what: 'listen.tls', limits, clock, log });
      base = server.url;
      running = { server, faces };
      log.info({ url: `${base}/rms` }, 'listening');
      return { url: `${base}/rms` };
    },
    stop: async () => {
      if (running === undefined) return;
      const { server, faces } = running;
      running = undefined;
      await server.stop();
      for (const face of Object.values(faces)) face.dispose();
    },
  };
}
