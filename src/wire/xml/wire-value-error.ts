/** A value that the schema's types cannot say, or a message that does not say what its type demands; `path` is where. */
export class WireValueError extends Error {
  override name = 'WireValueError';
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path}: ${reason}`);
  }
}
