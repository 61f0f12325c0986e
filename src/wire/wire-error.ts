/** Bytes or values that do not fit a wire format: where in the structure (path) and where in the bytes (offset). */
export class WireError extends Error {
  override name = 'WireError';
  constructor(
    readonly reason: string,
    /** Bytes from the start of the message or frame. */
    readonly offset: number,
    /** Dotted path of the field, `instructions[1].actions[0].port`; empty for the message itself. */
    readonly path: string = '',
  ) {
    super(`${path === '' ? '(message)' : path} at byte ${offset}: ${reason}`);
  }
}

/** The same error, seen from the structure that holds the field. Anything else passes unchanged. */
export function withinField(error: unknown, field: string): unknown {
  if (!(error instanceof WireError)) return error;
  const separator = error.path === '' || error.path.startsWith('[') ? '' : '.';
  return new WireError(error.reason, error.offset, `${field}${separator}${error.path}`);
}
