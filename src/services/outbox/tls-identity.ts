/** What a requester that asks for a client certificate is shown, and whom we trust: files, read again now and then, so that renewing them needs no restart. */
import { readFileSync } from 'node:fs';
import type { Site } from '../../domain/site/site-file.js';
import type { Clock } from '../../lib/clock.js';
import type { TlsIdentity } from '../../lib/http-post.js';
import type { Log } from '../../lib/log.js';

const readAgainMs = 10_000;

const read = (path: string): string => readFileSync(path, 'utf8');

export function createTlsIdentity({ listen: { tls }, nsi }: Site, clock: Clock, log: Log): () => TlsIdentity {
  let known: TlsIdentity = {};
  let readAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = clock.now().getTime();
    if (nowMs - readAtMs < readAgainMs) return known;
    readAtMs = nowMs;
    try {
      known = {
        ...(tls === undefined ? {} : { cert: read(tls.cert), key: read(tls.key) }),
        ...(nsi?.callbackCa === undefined ? {} : { ca: read(nsi.callbackCa) }),
      };
    } catch (error) {
      // In the middle of being renewed, say: what was read before is as good as it was.
      log.warn({ err: error }, 'certificate for callbacks could not be read');
    }
    return known;
  };
}
