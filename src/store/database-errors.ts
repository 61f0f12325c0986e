/** What PostgreSQL reports, sorted by SQLSTATE: the one place where the database's errors become Iris's. */
import { QueryRunnerAlreadyReleasedError } from 'typeorm';
import { IrisError } from '../domain/errors/iris-error.js';
import { Overload } from '../domain/errors/overload.js';

/** What pg puts on an error, and TypeORM copies to its own. */
interface DatabaseError {
  code: string;
  constraint?: string;
  detail?: string;
}

export function fromDatabaseError(error: unknown): DatabaseError | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, constraint, detail } = error as Partial<DatabaseError>;
  return typeof code === 'string' ? { code, constraint, detail } : undefined;
}

const repeatable = new Set(['40001', '40P01']);

/** Serialization failure or deadlock: the same transaction may succeed when it is run again. */
export const isRepeatable = (error: unknown): boolean => repeatable.has(fromDatabaseError(error)?.code ?? '');

const lostCodes = new Set(['57P01', '57P02', '57P03', '08000', '08003', '08006', '08001', '08004']);
const lostSocketCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT']);

/** What pg says instead of sending anything on a connection that it knows to be broken. */
const notQueryable = 'Client has encountered a connection error and is not queryable';

/** TypeORM gives up its session as soon as it hears that the connection broke, and pg the connection; nothing was sent after that. */
export const isNothingSent = (error: unknown): boolean =>
  error instanceof QueryRunnerAlreadyReleasedError || (error instanceof Error && error.message === notQueryable);

/** The connection broke or could not be made: the server restarts, say. */
export function isConnectionLost(error: unknown): boolean {
  const code = fromDatabaseError(error)?.code;
  if (code !== undefined) return lostCodes.has(code) || lostSocketCodes.has(code);
  // pg has no code for these two: the socket ended while a query ran, or before one was sent.
  return error instanceof Error && connectionEnded.has(error.message);
}

const connectionEnded = new Set(['Connection terminated unexpectedly', 'Connection terminated', notQueryable]);

const tooLateCodes = new Set(['55P03', '57014']);
/** What pg-pool says to who has waited for a session in vain: for one of those that there are, or for a new one. */
const noSession = new Set([
  'timeout exceeded when trying to connect',
  'Connection terminated due to connection timeout',
]);

/** It waited for a session, a lock or its own statement for as long as anybody may: it is refused rather than kept waiting for ever. */
export function toOverload(error: unknown): Overload | undefined {
  const isTooLate = tooLateCodes.has(fromDatabaseError(error)?.code ?? '');
  const isLeftOut = error instanceof Error && noSession.has(error.message);
  return isTooLate || isLeftOut
    ? new Overload('the request could not be served in time; try again shortly', {}, error)
    : undefined;
}

/** One resource of one node that would be promised more than there is; from the capacity guard (SQLSTATE IR705). */
interface Shortage {
  node: string;
  resource: 'cpus' | 'memoryMiB' | 'diskGiB';
  capacity: number;
  peak: number;
}

const capacityExceeded = 'IR705';
const nodeCordoned = 'IR706';
const foreignKeyViolation = '23503';
const exclusionViolation = '23P01';

export function toShortages(error: unknown): Shortage[] | undefined {
  const known = fromDatabaseError(error);
  return known?.code === capacityExceeded ? (JSON.parse(known.detail ?? '[]') as Shortage[]) : undefined;
}

/** Names of the cordoned nodes that something new was to be placed on. */
export function toCordonedNodes(error: unknown): string | undefined {
  const known = fromDatabaseError(error);
  return known?.code === nodeCordoned ? (known.detail ?? '') : undefined;
}

/** The constraint that a label ran into, if that is what happened. */
export function toTakenLabelConstraint(error: unknown): string | undefined {
  const known = fromDatabaseError(error);
  return known?.code === exclusionViolation ? known.constraint : undefined;
}

export const isUnknownNode = (error: unknown): boolean => {
  const known = fromDatabaseError(error);
  return known?.code === foreignKeyViolation && known.constraint === 'node_allocation_on_node';
};

const describeShortage = ({ node, resource, capacity, peak }: Shortage): string =>
  `node ${node} has ${capacity} ${resource}, ${peak} would be promised`;

export const toCapacityUnavailable = (
  shortages: readonly Shortage[],
  connectionId: string,
  cause: unknown,
): IrisError =>
  new IrisError('capacityUnavailable', {
    what: shortages.map(describeShortage).join('; '),
    variables: {
      node: [...new Set(shortages.map((shortage) => shortage.node))].join(','),
      resource: [...new Set(shortages.map((shortage) => shortage.resource))].join(','),
    },
    connectionId,
    cause,
  });
