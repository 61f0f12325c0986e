/** The embedded OpenFlow 1.3 controller: switches connect to it, and become sessions. What they are told is up to others. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Log } from '../lib/log.js';
import type { ControllerEvents } from './controller-events.js';
import { type ControllerLimits, defaultLimits } from './limits.js';
import { describeAddress, type ListenAddress } from './listen-address.js';
import { type Listener, startListener } from './listener.js';
import { type ProbedSession, startSession } from './live-session.js';
import { OpenflowError } from './openflow-error.js';
import { createPacketTurns } from './packet-turns.js';
import { hostOf, type SwitchTrust } from './secure-server.js';
import { createSessionRegistry } from './session-registry.js';
import type { SwitchSession } from './switch-session.js';
import { createTurnedAway } from './turned-away.js';

export interface ControllerOptions {
  listen: readonly ListenAddress[];
  log: Log;
  events: ControllerEvents;
  limits?: Partial<ControllerLimits>;
  /** Needed for addresses of kind `ssl`; without it every switch is taken at its word. */
  trust?: SwitchTrust | undefined;
}

export interface ControllerCounters {
  connections: number;
  /** Second connections with a datapath id whose first lives. */
  duplicatesRefused: number;
  /** Connections over the limit. */
  connectionsRefused: number;
  /** Without TLS where it is spoken, without a certificate that is believed, too slow in showing one, or impostors of no switch of ours. */
  turnedAway: number;
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
  /** How often somebody claimed to be the switch of ours with this datapath id and was not believed. */
  impostors(datapathId: string): number;
  readonly counters: ControllerCounters;
  /** Closes every connection; idempotent. */
  stop(): Promise<void>;
}

export function createController(options: ControllerOptions): Controller {
  const { log, events, trust } = options;
  const limits: ControllerLimits = { ...defaultLimits, ...options.limits };
  const registry = createSessionRegistry(limits.probeMs);
  const turns = createPacketTurns(limits.packetTurnMs);
  const listeners = new Map<string, Listener>();
  const connected = new Set<SwitchSession>();
  let lastGeneration = 0;
  let connectionsRefused = 0;
  const turnedAway = createTurnedAway(log);
  const impostors = new Map<string, number>();

  /** Before the switch that it claims to be is asked anything. Throws OpenflowError. */
  function refuseImpostor(claimed: ProbedSession, socket: Socket, address: ListenAddress): void {
    const { datapathId } = claimed;
    const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
    const objection = trust?.objection(datapathId, certificate);
    if (trust === undefined || objection === undefined) return;
    // Made-up ids do not fill our memory.
    if (trust.isOurs(datapathId)) impostors.set(datapathId, (impostors.get(datapathId) ?? 0) + 1);
    else {
      turnedAway.note(describeAddress(address), hostOf(socket), objection);
      // Whose connection is over when it is refused is not told of by its session.
      claimed.close(objection);
    }
    throw new OpenflowError('refused', datapathId, objection);
  }

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
      turns,
      async admit(claimed) {
        refuseImpostor(claimed, socket, address);
        await registry.admit(claimed);
      },
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
    const secure = trust && {
      material: trust.material,
      handshakeMs: limits.handshakeMs,
      connections: limits.connections,
      refused: (peer: string, reason: string) => turnedAway.note(name, peer, reason),
    };
    listeners.set(name, await startListener(address, (socket) => accept(socket, address), secure));
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
    impostors: (datapathId) => impostors.get(datapathId) ?? 0,
    get counters() {
      return {
        connections: connected.size,
        duplicatesRefused: registry.duplicatesRefused,
        connectionsRefused,
        turnedAway: turnedAway.count,
      };
    },
    stop,
  };
}

const boundAddress = ({ address, port }: Listener): ListenAddress =>
  address.kind !== 'unix' && port !== undefined ? { ...address, port } : address;

const peerOf = (socket: Socket, address: ListenAddress): string =>
  address.kind === 'unix' ? describeAddress(address) : `${socket.remoteAddress}:${socket.remotePort}`;
