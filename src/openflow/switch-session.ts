/** One switch, from the end of its handshake to the end of its connection: what may be asked of it. */
import type { Message, MessageName, Received } from '../wire/openflow/message-codec.js';
import type { PartName, PartReply, PartRequest } from '../wire/openflow/multipart.js';
import type { PacketOutHead } from '../wire/openflow/packet-out-head.js';
import type { Port } from '../wire/openflow/ports.js';
import type { Refusal } from './openflow-error.js';

/** Requests that are answered by one message, and by which. */
export interface Answers {
  echo_request: 'echo_reply';
  get_config_request: 'get_config_reply';
  barrier_request: 'barrier_reply';
  role_request: 'role_reply';
  get_async_request: 'get_async_reply';
  features_request: 'features_reply';
  bundle_control: 'bundle_control';
}

export type Request<N extends MessageName> = Extract<Message, { type: N }>;

export interface SwitchCounters {
  packetIns: number;
  /** Packet-ins that were thrown away, oldest first, because the queue was full. */
  packetInsDropped: number;
  /** Messages that could not be read; the connection lived on. */
  unreadable: number;
  /** ERRORs that belong to no request that still waits. */
  unsolicitedErrors: number;
}

export interface SwitchSession {
  /** 16 hexadecimal digits. */
  readonly datapathId: string;
  /** Unlike that of any other connection of this controller: tells a new session of a switch from its old. */
  readonly generation: number;
  /** Where the switch connected from, for people. */
  readonly peer: string;
  readonly closed: boolean;
  /** The switch's ports by number, kept up to date. */
  readonly ports: ReadonlyMap<number, Port>;
  readonly counters: Readonly<SwitchCounters>;
  /** Sends without waiting. Sending on a closed session does nothing. Returns the xid: an ERROR that refuses it will carry it. */
  send(message: Message): number;
  /** The same for a packet-out whose actions were written before; `packet` is copied. */
  sendPacket(head: PacketOutHead, inPort: number, packet: Uint8Array): void;
  /** Rejects with OpenflowError. */
  request<N extends keyof Answers>(message: Request<N>): Promise<Received<Answers[N]>>;
  multipart<P extends PartName>(part: P, body: PartRequest<P>): Promise<PartReply<P>>;
  /** Everything sent before has been processed by the switch when this resolves. */
  barrier(): Promise<void>;
  /**
   * Sends all, closed by one barrier, and resolves to those that the switch refused. Not atomic: for meters, mostly. WireError for a message that
   * cannot be written; those before it may have been sent.
   */
  sendAll(messages: readonly Message[]): Promise<Refusal[]>;
  /** All of the messages or none (WireError, OpenflowError), by a bundle that is atomic and ordered. Flow-mods, group-mods and packet-outs, no meters. */
  bundle(messages: readonly Message[]): Promise<void>;
  /** Idempotent. */
  close(reason: string): void;
}
