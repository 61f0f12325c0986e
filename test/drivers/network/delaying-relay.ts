/** Stands between Iris and a node's socket, makes every byte late, and counts how often one side waited for the other. */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { until } from './ovs-world.js';

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

export interface DelayingRelay {
  /** How often Iris spoke after it had heard something: its round trips. */
  roundTrips(): number;
  close(): Promise<void>;
}

/** `irisConnects`: whether Iris is the side that connects to `listenPath`, or the one that is connected to. */
export async function startDelayingRelay(
  listenPath: string | { port: number; host: string },
  onward: NetConnectOpts,
  options: { delayMs: number; irisConnects: boolean; alter?: (fromIris: Buffer) => Buffer },
): Promise<DelayingRelay> {
  let trips = 0;
  let lastSpeaker: 'iris' | 'node' = 'node';
  const sockets = new Set<Socket>();

  const pass = (from: Socket, to: Socket, speaker: 'iris' | 'node'): void => {
    from.on('data', (chunk: Buffer) => {
      if (speaker === 'iris' && lastSpeaker === 'node') trips += 1;
      lastSpeaker = speaker;
      const bytes = speaker === 'iris' && options.alter !== undefined ? options.alter(chunk) : chunk;
      setTimeout(() => to.write(bytes), options.delayMs);
    });
    from.on('close', () => setTimeout(() => to.destroy(), options.delayMs));
    from.on('error', () => from.destroy());
  };

  const server: Server = createServer((near) => {
    const far = connect(onward);
    for (const socket of [near, far]) sockets.add(socket);
    pass(near, far, options.irisConnects ? 'iris' : 'node');
    pass(far, near, options.irisConnects ? 'node' : 'iris');
  });
  await new Promise<void>((resolve) => server.listen(listenPath as string, resolve));
  return {
    roundTrips: () => trips,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const forwarder = `
const net = require('node:net');
const [from, to] = process.argv.slice(1).map((end) => (/^\\d+$/.test(end) ? { port: Number(end), host: '127.0.0.1' } : { path: end }));
net.createServer((near) => {
  const far = net.connect(to);
  for (const socket of [near, far]) socket.on('error', () => { near.destroy(); far.destroy(); });
  near.pipe(far).pipe(near);
}).listen(from, () => process.stdout.write('ready'));
`;

/** In a namespace, leads from a TCP port on loopback out to a unix socket, which no namespace holds back; or from such a socket in to a port. */
export async function startForwarder(
  namespace: string,
  from: number | string,
  to: number | string,
): Promise<ChildProcess> {
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, '-e', forwarder, String(from), String(to)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let ready = false;
  child.stdout!.on('data', () => {
    ready = true;
  });
  await until('the forwarder', () => ready || undefined);
  return child;
}
