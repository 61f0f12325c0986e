/** A typed client of one site's rms service: one method per operation of wsdl/rms.wsdl, by node-soap and our table of types. */
import http from 'node:http';
import https from 'node:https';
import { type Client, createClientAsync, WSSecurity } from 'soap';
import { packageFile } from '../lib/package-root.js';
import {
  type RmsOperationName,
  type RmsRequest,
  type RmsResponse,
  rmsOperationNames,
  rmsOperations,
  serviceException,
} from '../wire/rms/types.js';
import { writeMessage } from '../wire/rms/write-message.js';
import { rawTexts, readMessage } from '../wire/xml/read-object.js';
import { WireValueError } from '../wire/xml/wire-value-error.js';
import { reasonOf } from './reason-of.js';
import { RmsFault } from './rms-fault.js';

export interface RmsClientOptions {
  /** `http://127.0.0.1:8080/rms` */
  url: string;
  /** WS-Security user name; the password is sent as a digest only. */
  user?: string;
  password?: string;
  /** TLS client certificate and its key, PEM. */
  cert?: string | Buffer;
  key?: string | Buffer;
  /** Authorities that the service's certificate may come from, PEM; the system's if absent. */
  ca?: string | Buffer;
  timeoutMs?: number;
}

/**
 * Throws RmsFault for what the service refused, RmsConnectionError where no answer came, and WireValueError for a request
 * that the schema cannot say (which is not sent).
 */
export type RmsClient = { [O in RmsOperationName]: (request: RmsRequest<O>) => Promise<RmsResponse<O>> } & {
  /** Lets go of idle connections. */
  close(): void;
};

/** No answer came, or none of an rms service. Whether the request was served is not known: repeat it with the same correlation id. */
export class RmsConnectionError extends Error {
  override name = 'RmsConnectionError';
  constructor(
    readonly url: string,
    readonly reason: string,
    options?: { cause?: unknown },
  ) {
    super(`${url}: ${reason}`, options);
  }
}

const defaultTimeoutMs = 60_000;

interface Connection {
  client: Promise<Client>;
  url: string;
  /** For axios, which node-soap sends with. */
  request: object;
}

async function createSoapClient(options: RmsClientOptions): Promise<Client> {
  // A WSDL of its own: node-soap changes the one that it shares.
  const client = await createClientAsync(
    packageFile('wsdl', 'rms.wsdl'),
    { ...rawTexts, disableCache: true, endpoint: options.url },
    options.url,
  );
  if (options.user !== undefined)
    client.setSecurity(
      new WSSecurity(options.user, options.password ?? '', {
        passwordType: 'PasswordDigest',
        hasTimeStamp: false,
        hasTokenCreated: true,
        hasNonce: true,
      }),
    );
  return client;
}

/** node-soap throws a fault as an error with the parsed envelope in `root`. */
function detailOf(error: unknown): unknown {
  const root = (error as { root?: { Envelope?: { Body?: { Fault?: { detail?: { serviceException?: unknown } } } } } })
    .root;
  return root?.Envelope?.Body?.Fault?.detail?.serviceException;
}

/** node-soap throws an answer that is no SOAP with its response, and without a code. */
function whyUnanswered(error: unknown): string {
  const { code, response } = error as { code?: string; response?: { status?: number } };
  if (code === undefined && response?.status !== undefined)
    return `the answer is not one of an rms service (HTTP ${response.status})`;
  return reasonOf(error);
}

function toError(operation: string, url: string, error: unknown): Error {
  const detail = detailOf(error);
  if (detail !== undefined) return new RmsFault(operation, readMessage('serviceException', serviceException, detail));
  return new RmsConnectionError(url, whyUnanswered(error), { cause: error });
}

async function call(connection: Connection, operation: RmsOperationName, request: unknown): Promise<unknown> {
  const types = rmsOperations[operation];
  const message = { _xml: writeMessage(operation, types.request, request) };
  const client = await connection.client;
  let result: unknown;
  try {
    [result] = await client[`${operation}Async`](message, connection.request);
  } catch (error) {
    throw toError(operation, connection.url, error);
  }
  try {
    return readMessage(`${operation}Response`, types.response, result);
  } catch (error) {
    if (!(error instanceof WireValueError)) throw error;
    throw new RmsConnectionError(connection.url, `the answer is not one of an rms service: ${error.message}`);
  }
}

/** Connects when first used. */
export function createRmsClient(options: RmsClientOptions): RmsClient {
  const { cert, key, ca } = options;
  const httpAgent = new http.Agent({ keepAlive: true });
  const httpsAgent = new https.Agent({ keepAlive: true, cert, key, ca });
  let client: Promise<Client> | undefined;
  const request = {
    timeout: options.timeoutMs ?? defaultTimeoutMs,
    httpAgent,
    httpsAgent,
    // A site is reached directly; a proxy in the environment is for other things.
    proxy: false,
    maxRedirects: 0,
  };
  const connect = (): Connection => {
    client ??= createSoapClient(options);
    return { client, url: options.url, request: { ...request } };
  };
  const methods = Object.fromEntries(
    rmsOperationNames.map((operation) => [operation, (message: unknown) => call(connect(), operation, message)]),
  );
  const close = (): void => {
    httpAgent.destroy();
    httpsAgent.destroy();
  };
  return { ...methods, close } as unknown as RmsClient;
}
