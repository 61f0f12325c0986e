/** What went wrong at a site, as data that can be logged and shown; and whether trying again may help. */
import { NsiConnectionError, NsiFault, NsiOverdue } from '../client/nsi/nsi-fault.js';
import { RmsConnectionError } from '../client/rms-client.js';
import { RmsFault } from '../client/rms-fault.js';
import type { SiteFault } from './co-allocation.js';

/** What a site refused, in whichever protocol it was asked. */
export type SiteRefusal = RmsFault | NsiFault;
export const isSiteRefusal = (error: unknown): error is SiteRefusal =>
  error instanceof RmsFault || error instanceof NsiFault;

const isSilence = (error: unknown): error is RmsConnectionError | NsiConnectionError | NsiOverdue =>
  error instanceof RmsConnectionError || error instanceof NsiConnectionError || error instanceof NsiOverdue;

/** NSI 00500: the service failed on its own, and says itself to try again. */
const internalErrorId = '00500';

/** No answer, or one that asks to be asked again. Anything else is the site's last word. */
export const isTransient = (error: unknown): boolean =>
  isSilence(error) || (isSiteRefusal(error) && error.errorId === internalErrorId);

/** `CAPACITY_UNAVAILABLE: node n1 …`: over NSI the code is in the text, if anywhere. */
const codeOf = ({ text, errorId }: NsiFault): string => /^[A-Z][A-Z_]+(?=:)/.exec(text)?.[0] ?? errorId;

export function toSiteFault(error: unknown): SiteFault {
  if (error instanceof RmsFault)
    return { id: error.errorId, code: error.code, text: error.text, variables: error.variables };
  if (error instanceof NsiFault) {
    const code = codeOf(error);
    const text = error.text.startsWith(`${code}: `) ? error.text.slice(code.length + 2) : error.text;
    return { id: error.errorId, code, text, variables: error.variables };
  }
  if (isSilence(error)) return { code: 'UNREACHABLE', text: error.message, variables: {} };
  throw error;
}

export const ownFault = (code: string, text: string): SiteFault => ({ code, text, variables: {} });
