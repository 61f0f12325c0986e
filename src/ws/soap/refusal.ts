/**
 * A request that is answered with a fault: the SOAP 1.1 fault code, the HTTP status, and the exception that its detail holds.
 * Everything that goes wrong at the edge becomes one of these; `toRefusal` is the only place that maps errors.
 */
import { IrisError } from '../../domain/errors/iris-error.js';
import type { NsiErrorName } from '../../domain/errors/nsi-errors.js';
import { Overload } from '../../domain/errors/overload.js';
import { WireValueError } from '../../wire/xml/wire-value-error.js';

/** SOAP 1.1 §4.4.1. */
export type FaultCode = 'VersionMismatch' | 'MustUnderstand' | 'Client' | 'Server';

export class Refusal extends Error {
  override name = 'Refusal';
  constructor(
    readonly faultCode: FaultCode,
    readonly error: IrisError,
    /** SOAP 1.1 §6.2 wants 500 for a fault; other statuses are for what failed in HTTP already. */
    readonly httpStatus: number = 500,
    readonly httpHeaders: Readonly<Record<string, string>> = {},
  ) {
    super(error.message, { cause: error });
  }
}

/** What the client sent is at fault. `variables` name the offending things. */
export const clientRefusal = (
  what: string,
  variables: Record<string, string> = {},
  kindName: NsiErrorName = 'payload',
): Refusal => new Refusal('Client', new IrisError(kindName, { what, variables }));

const isOurs = (error: IrisError): boolean => error.kindName === 'internal' || error.kindName === 'resourceManager';

/** What is not known to be fit for a requester's eyes is told as an internal error without its text. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Overload) return new Refusal('Server', error, 500, { 'Retry-After': '1' });
  if (error instanceof IrisError) return new Refusal(isOurs(error) ? 'Server' : 'Client', error);
  if (error instanceof WireValueError) return clientRefusal(error.message, { element: error.path });
  return new Refusal('Server', new IrisError('internal', { what: 'the request could not be served', cause: error }));
}
