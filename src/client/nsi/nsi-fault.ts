/** What may go wrong between an NSI requester and a provider: refused, not answered, or without an outcome in time. */
import type { WireServiceException } from '../../wire/nsi/framework-types.js';

/** Some providers write ids without their zeros. */
const toErrorId = (text: string): string => text.trim().padStart(5, '0');

/** What a provider refused, or failed at, as its serviceException says it. */
export class NsiFault extends Error {
  override name = 'NsiFault';
  /** Five digits, `00705`. */
  readonly errorId: string;
  readonly text: string;
  readonly nsaId: string;
  readonly connectionId: string | undefined;
  readonly variables: Readonly<Record<string, string>>;

  constructor(
    readonly operation: string,
    exception: WireServiceException,
  ) {
    super(`${exception.nsaId} refused ${operation}: ${toErrorId(exception.errorId)} ${exception.text}`);
    this.errorId = toErrorId(exception.errorId);
    this.text = exception.text;
    this.nsaId = exception.nsaId;
    this.connectionId = exception.connectionId;
    const variables = exception.variables?.variables ?? [];
    this.variables = Object.fromEntries(
      variables.flatMap(({ type, values }) => (type === undefined ? [] : [[type, (values ?? []).join(', ')]])),
    );
  }
}

/** No answer came, or none of an NSI provider. Whether the request was served is not known: repeat it with the same correlation id. */
export class NsiConnectionError extends Error {
  override name = 'NsiConnectionError';
  constructor(
    readonly url: string,
    readonly reason: string,
    options?: { cause?: unknown },
  ) {
    super(`${url}: ${reason}`, options);
  }
}

/** A request was acknowledged, and its outcome not heard in time. It may still come about. */
export class NsiOverdue extends Error {
  override name = 'NsiOverdue';
  constructor(
    readonly operation: string,
    readonly correlationId: string,
    afterMs: number,
  ) {
    super(`the outcome of ${operation} (${correlationId}) was not heard within ${afterMs} ms`);
  }
}
