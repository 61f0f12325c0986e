/** A TLS server whose certificate is renewed without a restart: every connection is made with what the files hold then. */
import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
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

/** Returned: closes connections whose handshake has not ended. The server knows them only as sockets that it waits for when it is to end. */
export function followHandshakes(server: Server): () => void {
  const open = new Map<string, Socket>();
  const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    open.set(name, socket);
    socket.once('close', () => {
      if (open.get(name) === socket) open.delete(name);
    });
  });
  server.on('secureConnection', (socket: TLSSocket) => open.delete(nameOf(socket)));
  return () => {
    for (const socket of open.values()) socket.destroy();
  };
}
