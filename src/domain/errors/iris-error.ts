/** An occurrence of an error that a requester is told: its kind, what it is about, and in words what and where. */
import { type NsiErrorKind, type NsiErrorName, nsiErrors } from './nsi-errors.js';

export interface IrisErrorDetails {
  /** What exactly, for people: `node n1 has 2 CPUs free, 4 are needed`. */
  what: string;
  /** The offending things by name, for programs: `{ segmentKey: '4711' }`. */
  variables?: Readonly<Record<string, string>>;
  connectionId?: string;
  cause?: unknown;
}

export class IrisError extends Error {
  override name = 'IrisError';
  readonly kind: NsiErrorKind;
  readonly what: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly connectionId: string | undefined;

  constructor(
    readonly kindName: NsiErrorName,
    details: IrisErrorDetails,
  ) {
    const kind = nsiErrors[kindName];
    super(`${kind.id} ${kind.code}: ${details.what}`, { cause: details.cause });
    this.kind = kind;
    this.what = details.what;
    this.variables = details.variables ?? {};
    this.connectionId = details.connectionId;
  }
}
