/** What a look into one switch gives, whoever looked: the flows that take a frame, table by table, and what their actions do with it. Pure. */
import type { IpAddress, MacAddress, VlanId } from '../../../domain/vi/criteria.js';

/** A frame that enters a switch. With an address, it is taken as an IP packet from there: strict segments let nothing else pass. */
export interface EnteringFrame {
  inPort: string;
  /** On a tunnel. */
  tunnelKey?: number;
  vlan: VlanId;
  from: MacAddress;
  to: MacAddress;
  fromIp?: IpAddress;
}

export interface Rule {
  table: number;
  /** Absent: no flow of the table wants the frame. */
  priority?: number;
  cookie: bigint;
  /** As ovs-ofctl writes it, ports by name. */
  match: string;
  /** The same; none: it is dropped. */
  actions: string[];
}

/** A frame that leaves a switch, and what it bears then. */
export interface Leaving {
  kind: 'port' | 'back' | 'controller';
  port: string;
  vlan: VlanId;
  tunnelKey?: number;
}

const vlanMask = 0xfff;

/** OpenFlow 1.3.5 §7.2.5: it leaves by its ingress port only if that is asked for as IN_PORT. */
export function deriveLeaving(
  rules: readonly Rule[],
  { inPort, vlan: entering, tunnelKey: key }: EnteringFrame,
): Leaving[] {
  const leaving: Leaving[] = [];
  let vlan = entering;
  let tunnelKey = key;
  const leave = (kind: Leaving['kind'], port: string): void => {
    leaving.push({ kind, port, vlan, ...(tunnelKey === undefined ? {} : { tunnelKey }) });
  };
  for (const action of rules.flatMap(({ actions }) => actions)) {
    const [, setKey] = /^set_field:(\S+)->tun_id$/.exec(action) ?? [];
    const [, setVlan] = /^set_field:(\d+)->vlan_vid$/.exec(action) ?? [];
    const [, port] = /^output:(\S+)$/.exec(action) ?? [];
    if (setKey !== undefined) tunnelKey = Number(setKey);
    else if (setVlan !== undefined) vlan = Number(setVlan) & vlanMask;
    else if (action === 'pop_vlan') vlan = 0;
    else if (action === 'IN_PORT') leave('back', inPort);
    else if (action.startsWith('CONTROLLER')) leave('controller', 'CONTROLLER');
    else if (port !== undefined && port !== inPort) leave('port', port);
  }
  return leaving;
}
