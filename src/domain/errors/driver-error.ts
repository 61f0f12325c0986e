/**
 * What a driver may throw, classed once where the cause is known. Transient: try again with backoff. The other three
 * will not pass by waiting and surface in the reservation.
 */
export type DriverErrorClass = 'transient' | 'permanent' | 'conflict' | 'notFound';

export class DriverError extends Error {
  override name = 'DriverError';
  constructor(
    readonly errorClass: DriverErrorClass,
    /** The node (or other device) it happened on. */
    readonly node: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(`${node}: ${message}`, options);
  }
}
