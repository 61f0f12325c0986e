/** A face over HTTP: POST a message, GET its contract; every outcome is a SOAP message, a line in the log and a number in the metrics. */
import type { TLSSocket } from 'node:tls';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import { IrisError } from '../../domain/errors/iris-error.js';
import type { NoteRefusedIdentity } from '../../domain/ports/refused-identity.js';
import { subjectOf } from '../../lib/certificate-subject.js';
import type { Clock } from '../../lib/clock.js';
import { describeError } from '../../lib/describe-error.js';
import type { Log } from '../../lib/log.js';
import { isLoopback } from '../../lib/loopback.js';
import type { Call, Face } from '../face.js';
import type { PeerConnection } from '../security/authenticate.js';
import { Refusal, toRefusal } from '../soap/refusal.js';
import { serveWsdl } from './contract-files.js';
import type { Gate } from './gate.js';
import type { Metrics } from './metrics.js';
import { type BodyLimits, readContentType, requestBody } from './request-body.js';

/** What the handlers share. */
export interface SoapRoom {
  gate: Gate;
  metrics: Pick<Metrics, 'observe'>;
  log: Log;
  clock: Clock;
  /** Who is turned away is written down. */
  noteRefused?: NoteRefusedIdentity;
}

export interface SoapEndpoint {
  path: string;
  face: Face;
  /** Served at the path with `?wsdl`. */
  wsdl: string;
}

export function peerConnection(request: Request): PeerConnection {
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

export function senderOf(request: Request): NonNullable<Call['sender']> {
  const { certificate } = peerConnection(request);
  const address = request.socket.remoteAddress;
  return {
    ...(address === undefined ? {} : { address }),
    ...(certificate === undefined ? {} : { certificate: subjectOf(certificate) }),
  };
}

function noteRefused(room: SoapRoom, path: string, call: Call, { error }: Refusal): void {
  const { id } = error.kind;
  if (id !== '00301' && id !== '00302') return;
  const { operation, correlationId, requesterNSA, providerNSA, sender } = call;
  room.noteRefused?.({
    ...{ errorId: id, path, what: error.what, ...sender },
    ...{ operation, correlationId, requesterNSA, providerNSA },
  });
}

/** One line a request, bound to its correlation id; the cause of what went wrong on our side goes nowhere else. */
export function report(room: SoapRoom, path: string, call: Call, tookMs: number, refusal?: Refusal): void {
  if (refusal !== undefined) noteRefused(room, path, call, refusal);
  const outcome = refusal?.error.kind.id ?? 'ok';
  room.metrics.observe(call.operation ?? 'unknown', outcome, tookMs / 1000);
  const { requester, answerHeader: _header, sender: _sender, ...bound } = call;
  const log = room.log.child({ ...bound, requester: requester?.subject });
  if (refusal === undefined) log.info({ outcome, tookMs }, 'answered');
  // Who was turned away is worth more than a line among many.
  else if (outcome.startsWith('003')) log.warn({ outcome, tookMs, what: refusal.error.what }, 'refused');
  else if (refusal.faultCode === 'Server') log.error({ outcome, tookMs, error: describeError(refusal) }, 'failed');
  else log.info({ outcome, tookMs, what: refusal.error.what }, 'refused');
}

const answerSoap =
  (room: SoapRoom, path: string, face: Face): RequestHandler =>
  async (request, response) => {
    const call: Call = { sender: senderOf(request) };
    const startedMs = room.clock.now().getTime();
    const took = () => room.clock.now().getTime() - startedMs;
    try {
      const { charset } = readContentType(request.headers['content-type']);
      const bytes: Uint8Array = Buffer.isBuffer(request.body) ? request.body : new Uint8Array();
      const connection = peerConnection(request);
      const xml = await room.gate.run(() => face.answer({ bytes, charset, connection }, call));
      report(room, path, call, took());
      send(response, 200, {}, xml);
    } catch (error) {
      const refusal = toRefusal(error);
      report(room, path, call, took(), refusal);
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
export const answerFailure =
  (room: SoapRoom, face: Face): ErrorRequestHandler =>
  (error, request, response, _next) => {
    const refusal = toRefusal(error);
    report(room, request.baseUrl, { sender: senderOf(request) }, 0, refusal);
    send(response, refusal.httpStatus, refusal.httpHeaders, face.fault(refusal, {}));
  };

/** `url`: where the service listens, for a requester that did not say how it was reached. */
export function serveSoap(
  app: Express,
  room: SoapRoom,
  { path, face, wsdl }: SoapEndpoint,
  limits: BodyLimits,
  url: () => string,
): void {
  app.get(path, serveWsdl(wsdl, path, url));
  app.post(path, ...requestBody(limits), answerSoap(room, path, face));
  app.all(path, refuseMethod);
  app.use(path, answerFailure(room, face));
}
