/** What a requester that asks for a client certificate is shown, and whom we trust: files, followed while the daemon runs. */
import type { Site } from '../../domain/site/site-file.js';
import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import { followTlsFiles, type TlsFiles, type TlsMaterial } from '../../lib/tls-files.js';

export function createTlsIdentity({ listen: { tls }, nsi }: Site, clock: Clock, log: Log): () => TlsMaterial {
  const files: TlsFiles = {
    ...(tls === undefined ? {} : { cert: tls.cert, key: tls.key }),
    ...(nsi?.callbackCa === undefined ? {} : { ca: nsi.callbackCa }),
  };
  return followTlsFiles(files, { clock, log, what: 'callbacks' });
}
