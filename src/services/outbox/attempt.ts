/** One attempt at delivering a callback, within its time and to an allowed address only. */
import { checkCallbackAddress, isAllowedAddress } from '../../domain/nsi/callback-address.js';
import type { CallbackWriter } from '../../domain/ports/callback-writer.js';
import type { ClaimedCallback } from '../../domain/ports/store.js';
import type { Site } from '../../domain/site/site-file.js';
import { createDeadline } from '../../lib/deadline.js';
import { createPoster } from '../../lib/http-post.js';
import type { SiteContext } from '../site-context.js';
import { createTlsIdentity } from './tls-identity.js';

export interface Attempts {
  /** Why it did not arrive; undefined if it did. */
  make(callback: ClaimedCallback): Promise<string | undefined>;
  close(): void;
}

type Limits = Pick<NonNullable<Site['nsi']>['delivery'], 'perDestination' | 'timeoutSeconds'>;

const mostAnswerBytes = 64 * 1024;

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

const toReason = (error: unknown): string => {
  const { name, message, code } = error as Partial<Error & { code: string }>;
  if (name === 'TimeoutError' || name === 'AbortError') return 'did not answer in time';
  return [code, message].filter((text) => text !== undefined && text !== '').join(': ') || String(error);
};

export function createAttempts(
  { site, clock, log }: Pick<SiteContext, 'site' | 'clock' | 'log'>,
  writer: CallbackWriter,
  { perDestination, timeoutSeconds }: Limits,
  stopped: AbortSignal,
): Attempts {
  const tls = createTlsIdentity(site, clock, log);
  const poster = createPoster({ perHost: perDestination, mostBytes: mostAnswerBytes, tls });
  return {
    async make(callback) {
      const { replyTo, requesterNSA } = callback;
      const deadline = createDeadline(timeoutSeconds * 1000, stopped);
      try {
        // The list may have changed since it was queued.
        checkCallbackAddress(replyTo, requesterNSA, site);
        const url = new URL(replyTo);
        const answer = await poster.post({
          url,
          ...writer.write(callback),
          signal: deadline.signal,
          isAllowed: (address) => isAllowedAddress(url, address, requesterNSA, site),
        });
        if (isRedirect(answer.status)) return `answered ${answer.status}: redirects are not followed`;
        return writer.complaintAbout(answer);
      } catch (error) {
        return toReason(error);
      } finally {
        deadline.release();
      }
    },
    close: () => poster.close(),
  };
}
