/** The embedded OpenFlow 1.3 controller: switches connect to it, and become sessions. What they are told is up to others. */
import type { Socket } from 'node:net';
import type { Log } from '../lib/log.js';
import type { ControllerEvents } from './controller-events.js';
import { type ControllerLimits, defaultLimits } from './limits.js';
import { describeAddress, type ListenAddress } from './listen-address.js';
import { type Listener, startListener } from './listener.js';
import { startSession } from './live-session.js';
import { createSessionRegistry } from './session-registry.js';
import type { SwitchSession } from './switch-session.js';

export interface ControllerOptions {
  listen: readonly ListenAddress[];
  log: Log;
  events: ControllerEvents;
  limits?: Partial<ControllerLimits>;
}

export interface ControllerCounters {
  connections: number;
  /** Second connections with a datapath id whose first lives. */
  duplicatesRefused: number;
  /** Connections over the limit. */
  connectionsRefused: number;
}

export interface Controller {
  /** Listens on all addresses, or rejects and listens on none. */
  start(): Promise<void>;
  /** Listens there as well; does nothing if it does already, and again if the socket's file was removed meanwhile. */
  ensureListening(address: ListenAddress): Promise<void>;
  /** Where it listens, with the port numbers that were chosen. */
  addresses(): ListenAddress[];
  session(datapathId: string): SwitchSession | undefined;
  sessions(): SwitchSession[];
  readonly counters: ControllerCounters;
  /** Closes every connection; idempotent. */
  stop(): Promise<void>;
}

export function createController(options: ControllerOptions): Controller {
  const { log, events } = options;
  const limits: ControllerLimits = { ...defaultLimits, ...options.limits };
  const registry = createSessionRegistry(limits.probeMs);
  const listeners = new Map<string, Listener>();
  const connected = new Set<SwitchSession>();
  let lastGeneration = 0;
  let connectionsRefused = 0;

  function accept(socket: Socket, address: ListenAddress): void {
    if (connected.size >= limits.connections) {
      connectionsRefused++;
      socket.destroy();
      return;
    }
    const session = startSession(socket, {
      peer: peerOf(socket, address),
      generation: ++lastGeneration,
      limits,
      log,
      events,
      admit: registry.admit,
      closed(gone) {
        connected.delete(gone);
        registry.forget(gone);
      },
    });
    connected.add(session);
  }

  async function ensureListening(address: ListenAddress): Promise<void> {
    const name = describeAddress(address);
    const existing = listeners.get(name);
    if (existing !== undefined) {
      if (await existing.reachable()) return;
      listeners.delete(name);
      await existing.close();
    }
    listeners.set(name, await startListener(address, (socket) => accept(socket, address)));
    log.info({ address: name }, 'waiting for switches');
  }

  async function stop(): Promise<void> {
    const closing = [...listeners.values()].map((listener) => listener.close());
    listeners.clear();
    for (const session of [...connected]) session.close('the controller stops');
    await Promise.all(closing);
  }

  return {
    async start() {
      const results = await Promise.allSettled(options.listen.map(ensureListening));
      const failure = results.find((result) => result.status === 'rejected');
      if (failure === undefined) return;
      await stop();
      throw failure.reason;
    },
    ensureListening,
    addresses: () => [...listeners.values()].map(boundAddress),
    session: registry.session,
    sessions: registry.sessions,
    get counters() {
      return { connections: connected.size, duplicatesRefused: registry.duplicatesRefused, connectionsRefused };
    },
    stop,
  };
}

const boundAddress = ({ address, port }: Listener): ListenAddress =>
  address.kind === 'tcp' && port !== undefined ? { ...address, port } : address;

const peerOf = (socket: Socket, address: ListenAddress): string =>
  address.kind === 'unix' ? describeAddress(address) : `${socket.remoteAddress}:${socket.remotePort}`;
