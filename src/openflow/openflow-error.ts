/** What can become of a request to a switch other than its answer. */
import { nameOfError } from '../wire/openflow/error-names.js';

/**
 * `refused`: the switch answered with an ERROR. `deadline`: no answer in time. `closed`: the connection went.
 * `limit`: a bound of ours was hit. `unreadable`: the answer was not one. Whether a request that changes something was
 * carried out is known only after `refused`; after anything else, read back, do not assume.
 */
export type OpenflowErrorKind = 'refused' | 'deadline' | 'closed' | 'limit' | 'unreadable';

/** One message of several that the switch refused. */
export interface Refusal {
  /** Index in the list that was given. */
  index: number;
  errorType: number;
  errorCode: number;
}

export class OpenflowError extends Error {
  override name = 'OpenflowError';
  constructor(
    readonly kind: OpenflowErrorKind,
    /** 16 hexadecimal digits, or the peer's address while the datapath id is not known. */
    readonly datapathId: string,
    what: string,
    readonly refusals: readonly Refusal[] = [],
    /** The switch's own words, where it refused a single request. */
    readonly answer?: Pick<Refusal, 'errorType' | 'errorCode'>,
  ) {
    super(`switch ${datapathId}: ${what}${refusals.length === 0 ? '' : `: ${describeRefusals(refusals)}`}`);
  }
}

const shown = 3;

function describeRefusals(refusals: readonly Refusal[]): string {
  const some = refusals.slice(0, shown).map((r) => `message ${r.index} ${nameOfError(r.errorType, r.errorCode)}`);
  return some.join(', ') + (refusals.length > shown ? ` and ${refusals.length - shown} more` : '');
}

/** The error itself or what caused it; undefined if no switch had part in it. */
export function toOpenflowError(error: unknown): OpenflowError | undefined {
  if (error instanceof OpenflowError) return error;
  return error instanceof Error && error.cause !== undefined ? toOpenflowError(error.cause) : undefined;
}
