/**
 * One POST, kept within bounds: a time for the whole of it, a size for the answer, no redirect followed, and no connection to an address
 * that is not allowed, whatever a name resolves to. Connections are kept and used again.
 */
import { lookup } from 'node:dns';
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions, request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { TlsMaterial } from './tls-files.js';

export interface Posted {
  status: number;
  /** As much of it as was asked for. */
  body: string;
}

export interface PostRequest {
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
  signal: AbortSignal;
  /** Asked for every address before anything is sent to it. */
  isAllowed: (address: string) => boolean;
}

export interface PosterOptions {
  /** Connections at most to one host and port. */
  perHost: number;
  /** Of an answer no more than this is read; a longer one is cut off with its connection. */
  mostBytes: number;
  /** An unused connection is closed after this. */
  idleMs?: number;
  /** What hosts that ask for a client certificate are shown, and the authorities that hosts are held against (the system's if absent). Asked for every request over https; a connection is used again only under the same identity. */
  tls?: () => TlsMaterial;
}

export interface Poster {
  /** Rejects with what went wrong; nothing is known then of what arrived. */
  post(request: PostRequest): Promise<Posted>;
  close(): void;
}

const plainHost = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

const notAllowed = (host: string): Error => new Error(`${host} is not an address that may be sent to`);

/** Resolves as the system does, and keeps what is allowed. */
const lookupAllowed =
  (isAllowed: (address: string) => boolean): LookupFunction =>
  (host, options, answer) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return answer(error, '', 0);
      const allowed = found.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (first === undefined) return answer(notAllowed(host), '', 0);
      return options.all === true ? answer(null, allowed) : answer(null, first.address, first.family);
    });
  };

async function readAnswer(message: IncomingMessage, mostBytes: number): Promise<Posted> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > mostBytes) {
      message.destroy();
      break;
    }
  }
  return { status: message.statusCode ?? 0, body: Buffer.concat(chunks).subarray(0, mostBytes).toString('utf8') };
}

/** The host closed a kept connection just as it was used again: nothing of the request has been looked at. */
const isStale = (error: unknown, reused: boolean): boolean =>
  reused && ['ECONNRESET', 'EPIPE'].includes((error as { code?: string }).code ?? '');

export function createPoster({ perHost, mostBytes, idleMs = 20_000, tls = () => ({}) }: PosterOptions): Poster {
  const kept = {
    keepAlive: true,
    maxSockets: perHost,
    maxFreeSockets: perHost,
    scheduling: 'lifo',
    timeout: idleMs,
  } as const;
  const agents = { http: new HttpAgent(kept), https: new HttpsAgent(kept) };

  function send({ url, headers, body, signal, isAllowed }: PostRequest, mayRepeat: boolean): Promise<Posted> {
    const secure = url.protocol === 'https:';
    const options: RequestOptions = {
      method: 'POST',
      agent: secure ? agents.https : agents.http,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      signal,
      lookup: lookupAllowed(isAllowed),
      ...(secure ? tls() : {}),
    };
    return new Promise<Posted>((resolve, reject) => {
      const request = (secure ? requestHttps : requestHttp)(url, options, (message) => {
        readAnswer(message, mostBytes).then(resolve, reject);
      });
      // A connection that was made for another may lead where this one must not go.
      request.on('socket', ({ remoteAddress }) => {
        if (request.reusedSocket && remoteAddress !== undefined && !isAllowed(remoteAddress))
          request.destroy(notAllowed(remoteAddress));
      });
      request.on('error', (error) => {
        if (mayRepeat && isStale(error, request.reusedSocket))
          resolve(send({ url, headers, body, signal, isAllowed }, false));
        else reject(error);
      });
      request.end(body);
    });
  }

  return {
    async post(request) {
      const host = plainHost(request.url);
      // An address is connected to without being looked up.
      if (isIP(host) !== 0 && !request.isAllowed(host)) throw notAllowed(host);
      return send(request, true);
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
