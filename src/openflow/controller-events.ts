/** What the controller tells: plain callbacks, called in the order of arrival per switch. They must not throw. */
import type { Received } from '../wire/openflow/message-codec.js';
import type { PacketIn } from '../wire/openflow/packet-in.js';
import type { SwitchSession } from './switch-session.js';

export interface ControllerEvents {
  /** The handshake is done, the ports are known. */
  sessionUp(session: SwitchSession): void;
  /** Called once for every session that came up. */
  sessionDown(session: SwitchSession, reason: string): void;
  packetIn(session: SwitchSession, packet: PacketIn): void;
  portStatus(session: SwitchSession, status: Received<'port_status'>): void;
  flowRemoved(session: SwitchSession, removed: Received<'flow_removed'>): void;
  /** An ERROR for a message that nobody waits for. */
  unsolicitedError(session: SwitchSession, error: Received<'error'>): void;
}
