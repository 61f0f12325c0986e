/**
 * What one entry of the registry gives to one node: where frames for it go, that its sender is no news where it stands, and the
 * answers to questions for its addresses. A change of one entry changes these flows and no others.
 */
import type { RegistryEntry } from '../../../domain/registry/registry-entry.js';
import type { IpAddress } from '../../../domain/vi/criteria.js';
import type { PlanAction, PlanFlow, PlanMatch } from './node-plan.js';
import { knownSender, priorities, type Side } from './pipeline.js';
import { anySide, inSegment, type Scope } from './scope.js';
import { findWay, hasLocalPorts, hasPort, type Mesh, type Outputs, sideOfMesh, type Way } from './ways.js';

/** Names an entry within its segment. */
export const toEntryKey = ({ vlan, mac }: Pick<RegistryEntry, 'vlan' | 'mac'>): string => `${vlan} ${mac}`;

export function toOutputActions(outputs: Outputs, key: number): PlanAction[] {
  const toOutput = (port: string): PlanAction => ({ type: 'output', port });
  const tunnelled: PlanAction[] = outputs.tunnels.length > 0 ? [{ type: 'setTunnelKey', key }] : [];
  return [...outputs.local.map(toOutput), ...tunnelled, ...outputs.tunnels.map(toOutput)];
}

const isIpv6 = (ip: IpAddress): boolean => ip.includes(':');

/** What an entry gives to nodes alike: a large segment would make it once for each of them. */
interface Alike {
  viNumber: number;
  ips: readonly IpAddress[];
  key: string;
  unicast: Record<Side, PlanMatch>;
  /** By whether questions are answered there, and by the mesh over which the entry is reached from there. */
  flows: Record<'answered' | 'unanswered', Record<Mesh | 'here', readonly PlanFlow[]>>;
}

/** An entry is replaced when it changes, but for the addresses that another takes from it. */
const alikeByEntry = new WeakMap<RegistryEntry, Alike>();

function alikeOf(scope: Scope, entry: RegistryEntry): Alike {
  const { viNumber } = scope.vi;
  const known = alikeByEntry.get(entry);
  if (known !== undefined && known.viNumber === viNumber && known.ips === entry.ips) return known;
  const key = toEntryKey(entry);
  const toUnicast = (side: Side): PlanMatch => ({
    metadata: inSegment(scope, side),
    vlan: entry.vlan,
    destination: entry.mac,
  });
  const unicast = { local: toUnicast('local'), node: toUnicast('node'), gateway: toUnicast('gateway') };
  /** For frames that are in the wrong place. */
  const toDrop = (mesh: Mesh): PlanFlow => toUnicastFlow(unicast[sideOfMesh[mesh]], [], key);
  const drops = { nodes: toDrop('nodes'), gateways: toDrop('gateways') };
  const withDrops = (answers: readonly PlanFlow[]) => ({
    here: answers,
    nodes: [...answers, drops.nodes],
    gateways: [...answers, drops.gateways],
  });
  const answers = entry.ips.flatMap((ip) => deriveAnswer(scope, entry, ip));
  const flows = { answered: withDrops(answers), unanswered: withDrops([]) };
  const alike = { viNumber, ips: entry.ips, key, unicast, flows };
  alikeByEntry.set(entry, alike);
  return alike;
}

const toUnicastFlow = (match: PlanMatch, actions: readonly PlanAction[], entry: string): PlanFlow => ({
  table: 'unicast',
  priority: priorities.oneVlan,
  match,
  actions,
  entry,
});

/** Of ways that many entries have in common. */
const actionsByWay = new WeakMap<Way, { tunnelKey: number; actions: PlanAction[] }>();

function actionsOf(way: Way, tunnelKey: number): PlanAction[] {
  const known = actionsByWay.get(way);
  if (known?.tunnelKey === tunnelKey) return known.actions;
  const actions = toOutputActions(way.outputs, tunnelKey);
  actionsByWay.set(way, { tunnelKey, actions });
  return actions;
}

/** The port of this node by which its frames come in from outside the site's own mesh. */
function portOf({ at }: Scope, { place, vlan }: RegistryEntry): string | undefined {
  if (place.kind === 'site') return at.gatewayTunnels.find(({ site }) => site === place.site)?.tunnel.portName;
  if (place.node !== at.node) return undefined;
  return hasPort(at, place.portName, vlan) ? place.portName : undefined;
}

/** Stands where the registry says: port, VLAN, MAC and IP, all four. */
function deriveKnownSender(scope: Scope, entry: RegistryEntry, inPort: string): PlanFlow[] {
  const { vlan, mac, ips, place } = entry;
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
    entry: toEntryKey(entry),
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

/** To another site it is answered only for what stands in this one. */
const askersOf = (scope: Scope, { place }: RegistryEntry) =>
  place.kind === 'port' ? anySide(scope) : inSegment(scope, 'local');

const toQuestion = ({ vlan }: RegistryEntry, ip: IpAddress) =>
  ({ vlan, protocol: isIpv6(ip) ? 'neighbourSolicitation' : 'arpRequest', target: ip }) as const;

const goesOn = (entry: RegistryEntry, match: PlanMatch): PlanFlow => ({
  table: 'resolve',
  priority: priorities.exception,
  match,
  actions: [],
  goTo: 'unicast',
  where: 'switch',
  entry: toEntryKey(entry),
});

/** On every node alike. */
function deriveAnswer(scope: Scope, entry: RegistryEntry, ip: IpAddress): PlanFlow[] {
  const { mac } = entry;
  const metadata = askersOf(scope, entry);
  const question = toQuestion(entry, ip);
  const answer = (actions: PlanFlow['actions']): PlanFlow => ({
    table: 'resolve',
    priority: priorities.oneVlan,
    match: { metadata, ...question },
    actions,
    where: 'switch',
    entry: toEntryKey(entry),
  });
  return isIpv6(ip)
    ? [{ ...answer([{ type: 'turnSolicitation', mac, ip }]), goTo: 'advertise' }]
    : [answer([{ type: 'replyArp', mac, ip }]), goesOn(entry, { metadata, ...question, sender: { ip } })];
}

/** What its port asks for is asked of those behind it, which answer for themselves. */
function deriveOwnQuestions(scope: Scope, entry: RegistryEntry, inPort: string): PlanFlow[] {
  if (entry.place.kind === 'site') return [];
  const metadata = askersOf(scope, entry);
  return entry.ips.map((ip) => goesOn(entry, { metadata, inPort, ...toQuestion(entry, ip) }));
}

export interface EntryView {
  entry: RegistryEntry;
  /** It was seen lately; if not, its next question is news again, so that who is gone is forgotten. */
  confirmed: boolean;
}

/** What one node is given of entries. */
export interface EntryFlows {
  /** A list for each entry, which is the same one for all nodes that are given it. */
  readonly alike: readonly (readonly PlanFlow[])[];
  readonly own: readonly PlanFlow[];
}

/** One by one: there are thousands for each node. */
export function deriveEntryFlows(scope: Scope, views: readonly EntryView[]): EntryFlows {
  const { vi, topology, at } = scope;
  const alike: (readonly PlanFlow[])[] = [];
  const own: PlanFlow[] = [];
  for (const { entry, confirmed } of views) {
    const { flows, unicast, key } = alikeOf(scope, entry);
    const way = findWay(topology, at, entry.vlan, entry.place);
    const isAnswered = way !== undefined && (entry.place.kind === 'port' || hasLocalPorts(at));
    alike.push(flows[isAnswered ? 'answered' : 'unanswered'][way?.mesh ?? 'here']);
    const inPort = portOf(scope, entry);
    if (inPort !== undefined && confirmed) own.push(...deriveKnownSender(scope, entry, inPort));
    if (inPort !== undefined && isAnswered) own.push(...deriveOwnQuestions(scope, entry, inPort));
    if (way === undefined) continue;
    const actions = actionsOf(way, vi.segment.key);
    for (const side of way.sides) own.push(toUnicastFlow(unicast[side], actions, key));
  }
  return { alike, own };
}
