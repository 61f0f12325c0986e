/** Too much is asked at once: nothing of the request was done, and the same request may succeed shortly. */
import { IrisError } from './iris-error.js';

export class Overload extends IrisError {
  override name = 'Overload';

  constructor(what: string, variables: Readonly<Record<string, string>> = {}, cause?: unknown) {
    super('resourceUnavailable', { what, variables, cause });
  }
}
