/**
 * Takes switches over TLS. Whoever shows no certificate, or one that our authority has not signed, is closed before a byte of OpenFlow is
 * read from it; which switch it may be is judged when it says its datapath id.
 */
import type { X509Certificate } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { describeTlsError } from '../lib/tls-error.js';
import type { TlsMaterial } from '../lib/tls-files.js';
import { followHandshakes, oldestTls, renewAtConnections } from '../lib/tls-server.js';

/** Who is believed to be which switch. */
export interface SwitchTrust {
  /** Whether there is a switch with this datapath id. */
  isOurs: (datapathId: string) => boolean;
  /** Our own key and certificate, and the authority of the switches'; asked at every connection. Throws Error where they cannot be used. */
  material: () => TlsMaterial;
  /** Why whoever shows this certificate (undefined: came without TLS) is not the switch with this datapath id; undefined: it may be. */
  objection: (datapathId: string, certificate: X509Certificate | undefined) => string | undefined;
}

export interface SecureServerOptions {
  material: SwitchTrust['material'];
  /** For the whole TLS handshake. */
  handshakeMs: number;
  /** At once, those in their handshake included. */
  connections: number;
  refused: (peer: string, reason: string) => void;
}

/** Without its port, which is another at each connection. */
export const hostOf = ({ remoteAddress }: Socket): string => remoteAddress ?? 'somebody who is gone';

/** The reason is OpenSSL's code, X509_V_ERR_… */
function objectionTo(socket: TLSSocket): string | undefined {
  // First: Node takes a TLS 1.3 session that is resumed for authorized, also where no certificate was ever shown in it.
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return 'shows no certificate';
  if (socket.authorized) return undefined;
  return `the certificate of ${certificate.subject.replaceAll('\n', ', ')} is not believed: ${socket.authorizationError}`;
}

export interface SecureServer {
  server: Server;
  /** Closes those that have not shown a certificate yet: they would hold up the server's end. */
  dropHandshakes: () => void;
}

export function createSecureServer(options: SecureServerOptions, accept: (socket: TLSSocket) => void): SecureServer {
  const { material, handshakeMs, connections, refused } = options;
  const server = createServer(
    // Not rejected by the handshake itself, which would not say whose certificate it was.
    { ...material(), ...oldestTls, requestCert: true, rejectUnauthorized: false, handshakeTimeout: handshakeMs },
    (socket) => {
      const why = objectionTo(socket);
      if (why === undefined) return accept(socket);
      refused(hostOf(socket), why);
      socket.on('error', () => {});
      socket.destroy();
    },
  );
  server.maxConnections = connections;
  server.on('tlsClientError', (error, socket) => {
    refused(hostOf(socket), describeTlsError(error));
    // After a handshake that took too long it is still open.
    socket.destroy();
  });
  renewAtConnections(server, material);
  return { server, dropHandshakes: followHandshakes(server) };
}
