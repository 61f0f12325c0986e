/** Bounds on what a switch can cost us, in bytes, messages and time. */
export interface ControllerLimits {
  /** From the connection to the end of the handshake. */
  handshakeMs: number;
  /** Between a request and its answer. */
  requestMs: number;
  /** Between a multipart request and the last part of its answer. */
  multipartMs: number;
  /** All parts of one multipart answer together. */
  multipartBytes: number;
  /** A switch that says nothing for this long is asked for an ECHO. */
  echoIntervalMs: number;
  /** So many silent intervals, and the switch is given up. */
  silentIntervals: number;
  /** How long an existing connection has to show life when another comes with the same datapath id. */
  probeMs: number;
  /** Packet-ins that wait; the oldest are dropped. */
  packetInQueue: number;
  /** For which a switch is not read that has sent more than may wait: its answers wait that long as well. */
  floodRestMs: number;
  /** Of one turn of the event loop, for the packet-ins of all switches. */
  packetTurnMs: number;
  /** Bytes that a switch does not take off our hands before we give it up. */
  unsentBytes: number;
  /** Connections at once, those in their handshake included. */
  connections: number;
}

export const defaultLimits: ControllerLimits = {
  handshakeMs: 10_000,
  requestMs: 10_000,
  multipartMs: 30_000,
  multipartBytes: 64 << 20,
  echoIntervalMs: 5_000,
  silentIntervals: 3,
  probeMs: 2_000,
  packetInQueue: 4_096,
  floodRestMs: 50,
  packetTurnMs: 4,
  unsentBytes: 32 << 20,
  connections: 4_096,
};
