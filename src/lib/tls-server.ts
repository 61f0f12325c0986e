/** A TLS server whose certificate is renewed without a restart: every connection is made with what the files hold then. */
import type { Server } from 'node:tls';
import type { TlsMaterial } from './tls-files.js';

/** TLS 1.0 and 1.1 are deprecated (RFC 8996). */
export const oldestTls = { minVersion: 'TLSv1.2' } as const;

/** `material`: as the server was made with it; connections that stand go on. */
export function renewAtConnections(server: Server, material: () => TlsMaterial): void {
  let shown = material();
  // Ahead of the server's own listener, which takes the certificate for this very connection.
  server.prependListener('connection', () => {
    const newest = material();
    if (newest === shown) return;
    shown = newest;
    server.setSecureContext({ ...newest, ...oldestTls });
  });
}
