/**
 * What one entry of the registry gives to one node: where frames for it go, that its sender is no news where it stands, and the
 * answers to questions for its addresses. A change of one entry changes these flows and no others.
 */
import type { RegistryEntry } from '../../../domain/registry/registry-entry.js';
import type { IpAddress } from '../../../domain/vi/criteria.js';
import type { PlanAction, PlanFlow, PlanMatch } from './node-plan.js';
import { knownSender, priorities, type Side } from './pipeline.js';
import { anySide, hasLocalPorts, inSegment, presentSides, type Scope } from './scope.js';
import { deriveUnicast, noOutputs, type Outputs } from './topology.js';

/** Names an entry within its segment. */
export const toEntryKey = ({ vlan, mac }: Pick<RegistryEntry, 'vlan' | 'mac'>): string => `${vlan} ${mac}`;

export function toOutputActions(outputs: Outputs, key: number): PlanAction[] {
  const toOutput = (port: string): PlanAction => ({ type: 'output', port });
  const tunnelled: PlanAction[] = outputs.tunnels.length > 0 ? [{ type: 'setTunnelKey', key }] : [];
  return [...outputs.local.map(toOutput), ...tunnelled, ...outputs.tunnels.map(toOutput)];
}

const isIpv6 = (ip: IpAddress): boolean => ip.includes(':');

/** What all nodes are given alike of an entry: a large segment would make it once for each of them. */
interface Alike {
  viNumber: number;
  ips: readonly IpAddress[];
  key: string;
  /** Of each IP. */
  answers: PlanFlow[][];
  allAnswers: PlanFlow[];
  unicast: Record<Side, PlanMatch>;
  /** For frames that are in the wrong place. */
  drops: Record<Side, PlanFlow>;
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
  const toDrop = (side: Side): PlanFlow => toUnicastFlow(unicast[side], [], key);
  const answers = entry.ips.map((ip) => deriveAnswer(scope, entry, ip).map((flow) => ({ ...flow, entry: key })));
  const drops = { local: toDrop('local'), node: toDrop('node'), gateway: toDrop('gateway') };
  const alike = { viNumber, ips: entry.ips, key, answers, allAnswers: answers.flat(), unicast, drops };
  alikeByEntry.set(entry, alike);
  return alike;
}

const toUnicastFlow = (match: PlanMatch, actions: PlanAction[], entry: string): PlanFlow => ({
  table: 'unicast',
  priority: priorities.oneVlan,
  match,
  actions,
  entry,
});

/** Of ways that many entries have in common. */
const actionsByWay = new WeakMap<Outputs, { tunnelKey: number; actions: PlanAction[] }>();

function actionsOf(outputs: Outputs, tunnelKey: number): PlanAction[] {
  const known = actionsByWay.get(outputs);
  if (known?.tunnelKey === tunnelKey) return known.actions;
  const actions = toOutputActions(outputs, tunnelKey);
  actionsByWay.set(outputs, { tunnelKey, actions });
  return actions;
}

function deriveUnicastFlows({ vi, topology, at }: Scope, { vlan, place }: RegistryEntry, alike: Alike): PlanFlow[] {
  const flows: PlanFlow[] = [];
  for (const side of presentSides(at)) {
    const outputs = deriveUnicast(topology, at, side, vlan, place);
    if (outputs === noOutputs) flows.push(alike.drops[side]);
    else if (outputs !== undefined)
      flows.push(toUnicastFlow(alike.unicast[side], actionsOf(outputs, vi.segment.key), alike.key));
  }
  return flows;
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

/** To another site it is answered only for what stands in this one. */
const askersOf = (scope: Scope, { place }: RegistryEntry) =>
  place.kind === 'port' ? anySide(scope) : inSegment(scope, 'local');

const toQuestion = ({ vlan }: RegistryEntry, ip: IpAddress) =>
  ({ vlan, protocol: isIpv6(ip) ? 'neighbourSolicitation' : 'arpRequest', target: ip }) as const;

const goesOn = (match: PlanMatch): PlanFlow => ({
  table: 'resolve',
  priority: priorities.exception,
  match,
  actions: [],
  goTo: 'unicast',
  where: 'switch',
});

/** On every node alike. */
function deriveAnswer(scope: Scope, entry: RegistryEntry, ip: IpAddress): PlanFlow[] {
  const { mac } = entry;
  const metadata = askersOf(scope, entry);
  const question = toQuestion(entry, ip);
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
  return isIpv6(ip) ? [answer] : [answer, goesOn({ metadata, ...question, sender: { ip } })];
}

/** And on its own: what its port asks for is asked of those behind it, which answer for themselves. */
function deriveAnswers(scope: Scope, entry: RegistryEntry, inPort: string | undefined, alike: Alike): PlanFlow[] {
  if (inPort === undefined || entry.place.kind === 'site') return alike.allAnswers;
  const metadata = askersOf(scope, entry);
  return entry.ips.flatMap((ip, index) => [
    ...alike.answers[index]!,
    { ...goesOn({ metadata, inPort, ...toQuestion(entry, ip) }), entry: alike.key },
  ]);
}

const isReachable = ({ topology, at }: Scope, { vlan, place }: RegistryEntry): boolean =>
  deriveUnicast(topology, at, 'local', vlan, place) !== undefined;

export interface EntryView {
  entry: RegistryEntry;
  /** It was seen lately; if not, its next question is news again, so that who is gone is forgotten. */
  confirmed: boolean;
}

export function deriveEntryFlows(scope: Scope, { entry, confirmed }: EntryView): PlanFlow[] {
  const alike = alikeOf(scope, entry);
  const inPort = portOf(scope, entry);
  const senders = inPort === undefined || !confirmed ? [] : deriveKnownSender(scope, entry, inPort);
  // Made here and known to nobody else yet.
  for (const flow of senders) flow.entry = alike.key;
  const asksHere = entry.place.kind === 'site' ? hasLocalPorts(scope.at) : true;
  const answers = asksHere && isReachable(scope, entry) ? deriveAnswers(scope, entry, inPort, alike) : [];
  return [...senders, ...answers, ...deriveUnicastFlows(scope, entry, alike)];
}
