/** What an rms service refused, as its fault said it. Errors of another kind mean that no answer came. */
import type { WireServiceException } from '../wire/rms/types.js';

export class RmsFault extends Error {
  override name = 'RmsFault';
  /** NSI's five digits, `00705`. */
  readonly errorId: string;
  /** NSI's name of it, `CAPACITY_UNAVAILABLE`. */
  readonly code: string;
  readonly text: string;
  readonly site: string;
  readonly connectionId: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly advice: string | undefined;

  constructor(
    readonly operation: string,
    exception: WireServiceException,
  ) {
    super(`${exception.site} refused ${operation}: ${exception.errorId} ${exception.code}: ${exception.text}`);
    this.errorId = exception.errorId;
    this.code = exception.code;
    this.text = exception.text;
    this.site = exception.site;
    this.connectionId = exception.connectionId;
    this.variables = Object.fromEntries(exception.variables.map((v) => [v.name, v.value]));
    this.advice = exception.advice;
  }
}
