/** GET /nsi/discovery.xml and /nsi/topology.xml over HTTP: who reads, since when it is so, and nothing for those who have it already. */
import type { Request, RequestHandler } from 'express';
import { Overload } from '../../domain/errors/overload.js';
import type { Requester } from '../../domain/reservation/reservation.js';
import type { Clock } from '../../lib/clock.js';
import { addressReached } from '../http/contract-files.js';
import type { Gate } from '../http/gate.js';
import type { PeerConnection } from '../security/authenticate.js';
import type { TokenJudge } from '../security/username-token.js';
import { type Refusal, toRefusal } from '../soap/refusal.js';
import { createDocumentVersions, isKnown } from './document-versions.js';
import { type DocumentContext, type DocumentName, documents, mediaTypeOf } from './documents.js';
import { findViewer } from './viewer.js';

export interface DocumentServer extends Omit<DocumentContext, 'startedAt'> {
  judge: TokenJudge;
  gate: Gate;
  clock: Clock;
  peerOf: (request: Request) => PeerConnection;
  /** Where it listens, for a reader that did not say how it was reached. */
  fallback: () => string;
  /** Told of everybody who got no document. */
  onRefused: (request: Request, name: DocumentName, refusal: Refusal) => void;
}

const epoch = new Date(0);

/** Whom a document is the same for. */
const viewOf = (requester: Requester | undefined): string =>
  requester === undefined ? 'everybody' : requester.role === 'operator' ? 'operator' : `tenant ${requester.tenant}`;

export function createDocumentHandlers({
  judge,
  gate,
  clock,
  peerOf,
  fallback,
  onRefused,
  ...context
}: DocumentServer) {
  const startedAt = clock.now();
  const versionOf = createDocumentVersions(clock);

  return function serveDocument(name: DocumentName): RequestHandler {
    return async (request, response) => {
      try {
        const base = addressReached(request, fallback(), '');
        const { requester, write } = await gate.run(async () => {
          const viewer = findViewer(judge, context.site.nsi, peerOf(request), request.headers.authorization);
          return { requester: viewer, write: await documents[name]({ ...context, startedAt }, viewer) };
        });
        const version = versionOf(`${name} for ${viewOf(requester)}`, write(epoch, ''), base);
        response.set({
          ETag: version.etag,
          'Last-Modified': version.since.toUTCString(),
          'Cache-Control': 'private, no-cache',
          Vary: 'Authorization, Host',
        });
        const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = request.headers;
        if (isKnown(version, { ifNoneMatch, ifModifiedSince })) response.status(304).end();
        else response.type(mediaTypeOf(name)).send(write(version.since, base));
      } catch (error) {
        const refusal = toRefusal(error);
        const { error: told, httpHeaders } = refusal;
        const isAuthentication = told.kindName === 'authenticationFailure';
        onRefused(request, name, refusal);
        response
          .status(isAuthentication ? 401 : told instanceof Overload ? 503 : 500)
          .set(httpHeaders)
          .set(isAuthentication ? { 'WWW-Authenticate': 'Basic realm="Iris", charset="UTF-8"' } : {})
          .type('text/plain')
          .send(`${told.message}\n`);
      }
    };
  };
}
