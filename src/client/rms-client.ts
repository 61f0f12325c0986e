/** A typed client of one site's rms service: one method per operation of wsdl/rms.wsdl. */
import type { RmsOperationName, RmsRequest, RmsResponse } from '../wire/rms/types.js';

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

/** Throws RmsFault for what the service refused, RmsConnectionError where no answer came. */
export type RmsClient = { [O in RmsOperationName]: (request: RmsRequest<O>) => Promise<RmsResponse<O>> } & {
  /** Lets go of idle connections. */
  close(): void;
};

export class RmsConnectionError extends Error {
  override name = 'RmsConnectionError';
  constructor(
    readonly url: string,
    reason: string,
    options?: { cause?: unknown },
  ) {
    super(`${url}: ${reason}`, options);
  }
}

export function createRmsClient(_options: RmsClientOptions): RmsClient {
  throw new Error('not yet');
}
