/** A SwitchSession over a connection: the handshake, then ports, packet-ins and events until the connection ends. */
import type { Socket } from 'node:net';
import type { Log } from '../lib/log.js';
import type { Chunk } from '../wire/binary/chunk.js';
import type { Received, ReceivedMessage } from '../wire/openflow/message-codec.js';
import { readPacketIn } from '../wire/openflow/packet-in.js';
import { WireError } from '../wire/wire-error.js';
import { sendAll, sendBundle } from './bulk-send.js';
import type { ControllerEvents } from './controller-events.js';
import { createExchange, type ExchangeHandlers } from './exchange.js';
import { startHandshake } from './handshake.js';
import type { ControllerLimits } from './limits.js';
import { OpenflowError } from './openflow-error.js';
import { createPacketInQueue } from './packet-in-queue.js';
import type { PacketTurns } from './packet-turns.js';
import { createPortTable } from './port-table.js';
import type { SwitchCounters, SwitchSession } from './switch-session.js';

export interface SessionContext {
  peer: string;
  generation: number;
  limits: ControllerLimits;
  log: Log;
  events: ControllerEvents;
  turns: PacketTurns;
  /** Decides whether a switch of this datapath id is wanted now; rejects with the reason if not. */
  admit(session: ProbedSession): Promise<void>;
  /** Once, whether the session came up or not. */
  closed(session: SwitchSession): void;
}

/** What the registry needs to know of a session besides. */
export interface ProbedSession extends SwitchSession {
  /** The handshake is over, and the connection stands. */
  readonly up: boolean;
  answersEcho(withinMs: number): Promise<boolean>;
}

/** Packet-ins that are handled before another switch has its turn. */
const packetInsAtOnce = 64;

export function startSession(socket: Socket, context: SessionContext): SwitchSession {
  const { limits, events, generation, peer } = context;
  let log = context.log.child({ peer, generation });
  const table = createPortTable();
  const queue = createPacketInQueue(limits.packetInQueue);
  let datapathId = '';
  let isUp = false;
  let nextBundleId = 1;
  const counters = { packetIns: 0, unreadable: 0, unsolicitedErrors: 0 };

  const handlers: ExchangeHandlers = {
    message(message, version) {
      if (message.type === 'port_status') table.update(message);
      if (isUp) tell(message);
      else handshake.message(message, version);
    },
    packetIn(chunk, start, end) {
      counters.packetIns++;
      if (queue.push(chunk, start, end) === 'overflow') exchange.channel.rest(limits.floodRestMs);
    },
    unreadable: countUnreadable,
    batchEnd: handlePacketIns,
    drained: handlePacketIns,
    closed(reason) {
      clearTimeout(handshakeTimer);
      queue.clear();
      handshake.closed(reason);
      context.closed(session);
      if (!isUp) return;
      isUp = false;
      log.info({ reason }, 'switch is gone');
      guarded(() => events.sessionDown(session, reason));
    },
  };

  const exchange = createExchange(socket, peer, limits, handlers);
  const handshake = startHandshake(exchange);
  const handshakeTimer = setTimeout(() => exchange.channel.close('the handshake took too long'), limits.handshakeMs);

  const session: ProbedSession = {
    get datapathId() {
      return datapathId;
    },
    generation,
    peer,
    get closed() {
      return exchange.channel.closed;
    },
    get up() {
      return isUp;
    },
    ports: table.ports,
    get counters(): SwitchCounters {
      return { ...counters, packetInsDropped: queue.dropped };
    },
    send: exchange.send,
    sendPacket: exchange.sendPacket,
    request: (message) => exchange.request(message),
    multipart: (part, body) => exchange.multipart(part, body),
    barrier: () => exchange.request({ type: 'barrier_request' }).then(() => undefined),
    sendAll: (messages) => sendAll(exchange, limits, messages),
    bundle: (messages) => sendBundle(exchange, limits, nextBundleId++, messages),
    close: exchange.channel.close,
    answersEcho: (withinMs) =>
      exchange.request({ type: 'echo_request' }, withinMs).then(
        () => true,
        () => false,
      ),
  };

  void comeUp();
  return session;

  async function comeUp(): Promise<void> {
    try {
      const features = await handshake.features;
      recognise(features);
      await context.admit(session);
      await exchange.multipart('port_desc', {}, table.replace);
    } catch (error) {
      if (!exchange.channel.closed) log.warn({ reason: (error as Error).message }, 'connection refused');
      exchange.channel.close((error as Error).message);
      return;
    }
    if (exchange.channel.closed) return;
    clearTimeout(handshakeTimer);
    isUp = true;
    log.info({ ports: table.ports.size }, 'switch is up');
    guarded(() => events.sessionUp(session));
    handlePacketIns();
  }

  function recognise(features: Received<'features_reply'>): void {
    datapathId = features.datapath_id.toString(16).padStart(16, '0');
    exchange.name = datapathId;
    log = log.child({ datapathId });
    if (features.auxiliary_id !== 0) {
      throw new OpenflowError('refused', datapathId, `auxiliary connection ${features.auxiliary_id}: none are used`);
    }
  }

  function handlePacketIns(): void {
    if (queue.length > 0) context.turns.ready(takePacketIns);
  }

  /** A switch that takes no answers is asked no more; `drained` leads back here. */
  function takePacketIns(): boolean {
    for (let n = 0; n < packetInsAtOnce; n++)
      if (!isUp || exchange.channel.blocked || !queue.shift(handlePacketIn)) return false;
    return true;
  }

  function handlePacketIn(chunk: Chunk, start: number, end: number): void {
    try {
      events.packetIn(session, readPacketIn(chunk, start, end));
    } catch (error) {
      if (error instanceof WireError) countUnreadable(error);
      else log.error(error, 'an event handler failed');
    }
  }

  function countUnreadable(error: WireError): void {
    counters.unreadable++;
    log.debug({ reason: error.message }, 'message cannot be read');
  }

  function tell(message: ReceivedMessage): void {
    if (message.type === 'port_status') guarded(() => events.portStatus(session, message));
    else if (message.type === 'flow_removed') guarded(() => events.flowRemoved(session, message));
    else if (message.type === 'error') {
      counters.unsolicitedErrors++;
      guarded(() => events.unsolicitedError(session, message));
    }
  }

  /** A handler that fails must not take the connection with it. */
  function guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      log.error(error, 'an event handler failed');
    }
  }
}
