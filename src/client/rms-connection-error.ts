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
