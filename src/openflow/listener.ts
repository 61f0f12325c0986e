/** Listens on one address, TCP with TLS or without, or unix. A socket file that a dead process left behind is replaced, a live one is not. */
import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describeAddress, type ListenAddress } from './listen-address.js';
import { createSecureServer, type SecureServer, type SecureServerOptions } from './secure-server.js';

export interface Listener {
  readonly address: ListenAddress;
  /** Where it really listens: a TCP port 0 has become a number. */
  readonly port: number | undefined;
  /** False after a unix socket's file was removed or replaced, as when a node restarts with an empty run directory. */
  reachable(): Promise<boolean>;
  close(): Promise<void>;
}

/** sun_path of unix(7), without its closing zero. */
const longestPath = 107;

/** Everybody may come back at once after a restart. */
const backlog = 4_096;

function createServerFor(
  { kind }: ListenAddress,
  accept: (socket: Socket) => void,
  secure: SecureServerOptions | undefined,
): SecureServer {
  if (kind !== 'ssl') return { server: createServer(accept), dropHandshakes: () => {} };
  if (secure === undefined) throw new Error('TLS needs a private key, a certificate and a CA certificate');
  return createSecureServer(secure, accept);
}

/** `secure`: needed for an address of kind `ssl`. */
export async function startListener(
  address: ListenAddress,
  accept: (socket: Socket) => void,
  secure?: SecureServerOptions,
): Promise<Listener> {
  if (address.kind === 'unix') await removeStaleSocket(address.path);
  const { server, dropHandshakes } = createServerFor(address, accept, secure);
  server.listen(
    address.kind === 'unix'
      ? { path: address.path, backlog }
      : { host: address.host, port: address.port, backlog, exclusive: true },
  );
  await once(server, 'listening');
  server.on('error', () => {});
  const file = address.kind === 'unix' ? await inodeOf(address.path) : undefined;
  return {
    address,
    port: portOf(server),
    reachable: async () => address.kind !== 'unix' || (await inodeOf(address.path)) === file,
    close() {
      dropHandshakes();
      return closeServer(server);
    },
  };
}

const portOf = (server: Server): number | undefined => {
  const bound = server.address();
  return bound !== null && typeof bound === 'object' ? bound.port : undefined;
};

const closeServer = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

async function inodeOf(path: string): Promise<number | undefined> {
  const file = await lstat(path).catch(() => undefined);
  return file?.ino;
}

async function removeStaleSocket(path: string): Promise<void> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new Error(`${path} is longer than the ${longestPath} bytes that the path of a unix socket may have`);
  }
  const file = await lstat(path).catch(() => undefined);
  if (file === undefined) return;
  if (!file.isSocket()) throw new Error(`${path} exists and is no socket`);
  if (await somebodyListens(path))
    throw new Error(`somebody listens on ${describeAddress({ kind: 'unix', path })} already`);
  await unlink(path);
}

function somebodyListens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
}
