/** Controller events that are kept for a test to look at. */
import type { ControllerEvents } from '../../src/openflow/controller-events.js';
import type { SwitchSession } from '../../src/openflow/switch-session.js';
import type { Received } from '../../src/wire/openflow/message-codec.js';
import { toWhole } from '../../src/wire/openflow/packet-in.js';

export function recordEvents() {
  const ups: SwitchSession[] = [];
  const downs: { session: SwitchSession; reason: string }[] = [];
  const packetIns: Received<'packet_in'>[] = [];
  const portStatuses: Received<'port_status'>[] = [];
  const flowsRemoved: Received<'flow_removed'>[] = [];
  const errors: Received<'error'>[] = [];
  const events: ControllerEvents = {
    sessionUp: (session) => ups.push(session),
    sessionDown: (session, reason) => downs.push({ session, reason }),
    packetIn: (_, packet) => packetIns.push(toWhole(packet)),
    portStatus: (_, status) => portStatuses.push(status),
    flowRemoved: (_, removed) => flowsRemoved.push(removed),
    unsolicitedError: (_, error) => errors.push(error),
  };
  return { events, ups, downs, packetIns, portStatuses, flowsRemoved, errors };
}
