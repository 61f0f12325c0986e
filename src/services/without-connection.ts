/** A refusal that left no reservation: its fault names none. */
import { IrisError } from '../domain/errors/iris-error.js';

export function withoutConnection(error: unknown): unknown {
  if (!(error instanceof IrisError) || error.connectionId === undefined) return error;
  const { kindName, what, variables, cause } = error;
  return new IrisError(kindName, { what, variables, cause });
}
