/** Which errors of a reserve are its outcome (reserveFailed, and the state ReserveFailed), and which a fault that changes nothing. */
import type { IrisError } from '../errors/iris-error.js';

/** What is asked for is well formed and allowed, but cannot be had: path, resource, service and resource manager errors. */
const failures = ['00205', '004', '00502', '006', '007', '008'];

export const isReserveFailure = ({ kind: { id } }: IrisError): boolean =>
  failures.some((prefix) => id.startsWith(prefix));
