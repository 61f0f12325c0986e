/**
 * What one entry of the registry gives to one node: where frames for it go, that its sender is no news where it stands, and the
 * answers to questions for its addresses. A change of one entry changes these flows and no others.
 */
import type { RegistryEntry } from '../../../domain/registry/registry-entry.js';
import type { IpAddress } from '../../../domain/vi/criteria.js';
import type { PlanAction, PlanFlow, PlanMatch } from './node-plan.js';
import { knownSender, priorities } from './pipeline.js';
import { anySide, hasLocalPorts, inSegment, presentSides, type Scope } from './scope.js';
import { deriveUnicast, type Outputs } from './topology.js';

/** Names an entry within its segment. */
export const toEntryKey = ({ vlan, mac }: Pick<RegistryEntry, 'vlan' | 'mac'>): string => `${vlan} ${mac}`;

export function toOutputActions(outputs: Outputs, key: number): PlanAction[] {
  const toOutput = (port: string): PlanAction => ({ type: 'output', port });
  const tunnelled: PlanAction[] = outputs.tunnels.length > 0 ? [{ type: 'setTunnelKey', key }] : [];
  return [...outputs.local.map(toOutput), ...tunnelled, ...outputs.tunnels.map(toOutput)];
}

const isIpv6 = (ip: IpAddress): boolean => ip.includes(':');

function deriveUnicastFlows(scope: Scope, { vlan, mac, place }: RegistryEntry): PlanFlow[] {
  const { vi, topology, at } = scope;
  return presentSides(at).flatMap((side): PlanFlow[] => {
    const outputs = deriveUnicast(topology, at, side, vlan, place);
    if (outputs === undefined) return [];
    const match = { metadata: inSegment(scope, side), vlan, destination: mac };
    const actions = toOutputActions(outputs, vi.segment.key);
    return [{ table: 'unicast', priority: priorities.oneVlan, match, actions }];
  });
}

/** The port of this node by which its frames come in from outside the site's own mesh. */
function portOf({ at }: Scope, { place, vlan }: RegistryEntry): string | undefined {
  if (place.kind === 'site') return at.gatewayTunnels.find(({ site }) => site === place.site)?.tunnel.portName;
  if (place.node !== at.node) return undefined;
  const { portName } = place;
  const isHere =
    at.vmPorts.includes(portName) || at.externalPorts.some((p) => p.portName === portName && p.vlans.includes(vlan));
  return isHere ? portName : undefined;
}

/** Stands where the registry says: port, VLAN, MAC and IP, all four. */
function deriveKnownSender(scope: Scope, { vlan, mac, ips, place }: RegistryEntry, inPort: string): PlanFlow[] {
  const metadata = anySide(scope);
  const source = scope.vi.segment.strictAddresses === true && place.kind === 'port' ? { source: mac } : {};
  const known = (match: PlanMatch): PlanFlow => ({
    table: 'sender',
    priority: priorities.oneVlan,
    match: { inPort, metadata, vlan, ...source, ...match },
    writeMetadata: { value: knownSender, mask: knownSender },
    actions: [],
    goTo: 'resolve',
    where: 'switch',
  });
  return ips.flatMap((ip) =>
    isIpv6(ip)
      ? [
          known({ protocol: 'neighbourSolicitation', sender: { mac, ip } }),
          known({ protocol: 'neighbourAdvertisement', sender: { mac, ip } }),
        ]
      : [known({ protocol: 'arp', sender: { mac, ip } })],
  );
}

function deriveAnswer(scope: Scope, entry: RegistryEntry, ip: IpAddress, inPort: string | undefined): PlanFlow[] {
  const { mac, vlan, place } = entry;
  // To another site it is answered only for what stands in this one.
  const metadata = place.kind === 'port' ? anySide(scope) : inSegment(scope, 'local');
  const question = { vlan, protocol: isIpv6(ip) ? 'neighbourSolicitation' : 'arpRequest', target: ip } as const;
  const goesOn = (match: PlanMatch): PlanFlow => ({
    table: 'resolve',
    priority: priorities.exception,
    match,
    actions: [],
    goTo: 'unicast',
    where: 'switch',
  });
  const answer: PlanFlow = isIpv6(ip)
    ? {
        table: 'resolve',
        priority: priorities.oneVlan,
        match: { metadata, ...question },
        actions: [{ type: 'turnSolicitation', mac, ip }],
        goTo: 'advertise',
        where: 'switch',
      }
    : {
        table: 'resolve',
        priority: priorities.oneVlan,
        match: { metadata, ...question },
        actions: [{ type: 'replyArp', mac, ip }],
        where: 'switch',
      };
  const gratuitous = isIpv6(ip) ? [] : [goesOn({ metadata, ...question, sender: { ip } })];
  // What its port asks for is asked of those behind it: they answer for themselves.
  const behind = inPort === undefined || place.kind === 'site' ? [] : [goesOn({ metadata, inPort, ...question })];
  return [answer, ...gratuitous, ...behind];
}

const isReachable = ({ topology, at }: Scope, { vlan, place }: RegistryEntry): boolean =>
  deriveUnicast(topology, at, 'local', vlan, place) !== undefined;

export interface EntryView {
  entry: RegistryEntry;
  /** It was seen lately; if not, its next question is news again, so that who is gone is forgotten. */
  confirmed: boolean;
}

export function deriveEntryFlows(scope: Scope, { entry, confirmed }: EntryView): PlanFlow[] {
  const inPort = portOf(scope, entry);
  const senders = inPort === undefined || !confirmed ? [] : deriveKnownSender(scope, entry, inPort);
  const asksHere = entry.place.kind === 'site' ? hasLocalPorts(scope.at) : true;
  const answers =
    asksHere && isReachable(scope, entry) ? entry.ips.flatMap((ip) => deriveAnswer(scope, entry, ip, inPort)) : [];
  const key = toEntryKey(entry);
  const flows = [...senders, ...answers, ...deriveUnicastFlows(scope, entry)];
  // Made here and known to nobody else yet: a copy of each would cost more than all the rest.
  for (const flow of flows) flow.entry = key;
  return flows;
}
