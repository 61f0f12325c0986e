/** What went wrong at a site, as data that can be logged and shown; and whether trying again may help. */
import { RmsConnectionError } from '../client/rms-client.js';
import { RmsFault } from '../client/rms-fault.js';
import type { SiteFault } from './co-allocation.js';

/** NSI 00500: the service failed on its own, and says itself to try again. */
const internalErrorId = '00500';

/** No answer, or one that asks to be asked again. Anything else is the site's last word. */
export const isTransient = (error: unknown): boolean =>
  error instanceof RmsConnectionError || (error instanceof RmsFault && error.errorId === internalErrorId);

export function toSiteFault(error: unknown): SiteFault {
  if (error instanceof RmsFault)
    return { id: error.errorId, code: error.code, text: error.text, variables: error.variables };
  if (error instanceof RmsConnectionError) return { code: 'UNREACHABLE', text: error.message, variables: {} };
  throw error;
}

export const ownFault = (code: string, text: string): SiteFault => ({ code, text, variables: {} });
