/** Whether a flow of a plan wants a frame, as a switch would decide it. Frames here bear one tag at most. Pure. */
import type { IpAddress, MacAddress, VlanId } from '../../../domain/vi/criteria.js';
import type { PlanMatch, Protocol } from './node-plan.js';

export interface SimulatedFrame {
  vlan: VlanId;
  destination: MacAddress;
  source?: MacAddress;
  protocol?: Protocol;
  senderIp?: IpAddress;
}

/** A frame on its way through the tables of one switch. */
export interface Pipelined {
  inPort: string;
  metadata: bigint;
  tunnelKey: number;
  frame: SimulatedFrame;
}

export function isMatch(match: PlanMatch, at: Pipelined): boolean {
  return (
    (match.inPort === undefined || match.inPort === at.inPort) &&
    (match.tunnelKey === undefined || match.tunnelKey === at.tunnelKey) &&
    (match.metadata === undefined || (at.metadata & match.metadata.mask) === match.metadata.value) &&
    (match.vlan === undefined || match.vlan === at.frame.vlan) &&
    (match.source === undefined || match.source === at.frame.source) &&
    (match.destination === undefined || match.destination === at.frame.destination) &&
    match.secondTag === undefined &&
    (match.protocol === undefined || match.protocol === at.frame.protocol) &&
    (match.sender === undefined || match.sender.ip === at.frame.senderIp)
  );
}
