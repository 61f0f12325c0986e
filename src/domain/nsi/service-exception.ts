/** An error as NSI messages carry it. Who speaks (nsaId) is added by whoever writes the message: it is always us. */
import type { IrisError } from '../errors/iris-error.js';

export interface ServiceException {
  connectionId?: string;
  /** Five digits. */
  errorId: string;
  text: string;
  /** Type → value. */
  variables: Readonly<Record<string, string>>;
}

export const toServiceException = (error: IrisError, connectionId = error.connectionId): ServiceException => ({
  ...(connectionId === undefined ? {} : { connectionId }),
  errorId: error.kind.id,
  text: `${error.kind.code}: ${error.kind.text}: ${error.what}`,
  variables: error.variables,
});
