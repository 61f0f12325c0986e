/**
 * The management registry of one segment: (VLAN, MAC) → IPs and place. Values, not a service: every function returns what
 * changed or a new registry, and nobody here waits for anything.
 */
import type { Site } from '../site/site-file.js';
import type { IpAddress, MacAddress, VlanId } from '../vi/criteria.js';
import type { PlacedVi } from '../vi/placed-vi.js';
import type { Place, RegistryEntry } from './registry-entry.js';

export interface Registry {
  entries: ReadonlyMap<string, RegistryEntry>;
  /** (VLAN, IP) → the entry's key. */
  owners: ReadonlyMap<string, string>;
}

/** What a frame told about its sender. */
export interface Observation {
  vlan: VlanId;
  mac: MacAddress;
  ip?: IpAddress;
  place: Place;
  from: Exclude<RegistryEntry['learntFrom'], 'listed'>;
  /** The sender announces itself (gratuitous ARP, RARP, unsolicited neighbour advertisement), rather than asking. */
  announces: boolean;
  at: Date;
}

export interface Learning {
  registry: Registry;
  /** Entries that are news to others: new, moved, or with other IPs. */
  changes: RegistryEntry[];
  /** The place where the sender was known before, if it is another. */
  movedFrom?: Place;
}

/** A segment that claims more senders than this is flooded beyond them, so that one tenant cannot fill switches. */
export const maximumEntries = 4096;
const maximumIpsPerEntry = 32;

/** What arrives over the WAN does not override a local entry seen within this time, unless it is an announcement. */
const freshForMs = 10 * 60_000;
/** Being seen again is noted no more often than this. */
const refreshAfterMs = 30_000;

const entryKey = (vlan: VlanId, mac: MacAddress): string => `${vlan} ${mac}`;
const ownerKey = (vlan: VlanId, ip: IpAddress): string => `${vlan} ${ip}`;

export const isSamePlace = (a: Place, b: Place): boolean =>
  a.kind === 'port'
    ? b.kind === 'port' && a.node === b.node && a.portName === b.portName
    : b.kind === 'site' && a.site === b.site;

export function toRegistry(entries: Iterable<RegistryEntry>): Registry {
  const byKey = new Map<string, RegistryEntry>();
  for (const entry of entries) byKey.set(entryKey(entry.vlan, entry.mac), entry);
  const owners = new Map<string, string>();
  for (const [key, entry] of byKey) for (const ip of entry.ips) owners.set(ownerKey(entry.vlan, ip), key);
  return { entries: byKey, owners };
}

/** The only place that a host listed at our own site can be; undefined if several external ports hold its VLAN. */
function placeBehindExternalPort(vi: PlacedVi, site: Site, vlan: VlanId): Place | undefined {
  const candidates = vi.externalPorts.filter((port) => port.vlans.includes(vlan));
  if (candidates.length !== 1) return undefined;
  const { name, node } = candidates[0]!;
  const port = site.externalPorts.find((known) => known.name === name && known.node === node);
  return port && { kind: 'port', node, portName: port.interface };
}

/** What the VI lists at launch: its NICs, untagged, and the hosts known beforehand. */
export function deriveListedEntries(vi: PlacedVi, site: Site, at: Date): RegistryEntry[] {
  const nics = vi.vms.flatMap((vm) =>
    vm.nics.map(
      (nic): RegistryEntry => ({
        vlan: 0,
        mac: nic.mac,
        ips: nic.ip === undefined ? [] : [nic.ip],
        place: { kind: 'port', node: vm.node, portName: nic.portName },
        learntFrom: 'listed',
        learntAt: at,
      }),
    ),
  );
  const peers = new Set(vi.gateway === undefined ? [] : vi.peers.map((peer) => peer.site));
  const hosts = vi.hosts.flatMap((host): RegistryEntry[] => {
    const place: Place | undefined =
      host.site === site.site
        ? placeBehindExternalPort(vi, site, host.vlan)
        : peers.has(host.site)
          ? { kind: 'site', site: host.site }
          : undefined;
    if (place === undefined) return [];
    const ips = host.ip === undefined ? [] : [host.ip];
    return [{ vlan: host.vlan, mac: host.mac, ips, place, learntFrom: 'listed', learntAt: at }];
  });
  return [...hosts, ...nics];
}

/** What a restart or a new version knows: what was learnt, over what is listed, where the learnt place still exists. */
export function mergeEntries(
  listed: readonly RegistryEntry[],
  learnt: Iterable<RegistryEntry>,
  exists: (place: Place, vlan: VlanId) => boolean,
): Registry {
  return toRegistry([
    ...listed,
    ...[...learnt].filter((entry) => entry.learntFrom !== 'listed' && exists(entry.place, entry.vlan)),
  ]);
}

function isFresh(entry: RegistryEntry, at: Date): boolean {
  return at.getTime() - entry.learntAt.getTime() < freshForMs;
}

/** A fresh local entry beats what comes over the WAN, unless that is an announcement: then the machine has moved. */
function isOverruled(known: RegistryEntry | undefined, seen: Observation): boolean {
  if (known === undefined || seen.announces) return false;
  return seen.place.kind === 'site' && known.place.kind === 'port' && isFresh(known, seen.at);
}

/** The entry of another sender that had the address until now and loses it. */
function deriveLoser(registry: Registry, seen: Observation): RegistryEntry | undefined {
  const owner = seen.ip === undefined ? undefined : findOwner(registry, seen.vlan, seen.ip);
  if (owner === undefined || owner.mac === seen.mac) return undefined;
  return { ...owner, ips: owner.ips.filter((ip) => ip !== seen.ip) };
}

const isUnicast = (mac: MacAddress): boolean =>
  (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 && mac !== '00:00:00:00:00:00';

export function learn(registry: Registry, seen: Observation): Learning {
  const unchanged = { registry, changes: [] };
  const known = registry.entries.get(entryKey(seen.vlan, seen.mac));
  if (!isUnicast(seen.mac) || isOverruled(known, seen)) return unchanged;
  if (known === undefined && registry.entries.size >= maximumEntries) return unchanged;

  const holder = seen.ip === undefined ? undefined : findOwner(registry, seen.vlan, seen.ip);
  const claims = seen.ip !== undefined && !known?.ips.includes(seen.ip) && !isOverruled(holder, seen);
  const ips = claims ? [...(known?.ips ?? []), seen.ip!].slice(-maximumIpsPerEntry) : (known?.ips ?? []);
  const moved = known !== undefined && !isSamePlace(known.place, seen.place);
  if (known !== undefined && !moved && !claims && seen.at.getTime() - known.learntAt.getTime() < refreshAfterMs)
    return unchanged;

  const isNews = known === undefined || moved || claims;
  const entry: RegistryEntry = {
    vlan: seen.vlan,
    mac: seen.mac,
    ips,
    place: seen.place,
    learntFrom: isNews ? seen.from : known.learntFrom,
    learntAt: seen.at,
  };
  const loser = claims ? deriveLoser(registry, seen) : undefined;
  const changed = loser === undefined ? [entry] : [loser, entry];
  return {
    registry: toRegistry([...registry.entries.values(), ...changed]),
    changes: isNews ? changed : [],
    ...(moved ? { movedFrom: known.place } : {}),
  };
}

export function findOwner(registry: Registry, vlan: VlanId, ip: IpAddress): RegistryEntry | undefined {
  const key = registry.owners.get(ownerKey(vlan, ip));
  return key === undefined ? undefined : registry.entries.get(key);
}

export function findEntry(registry: Registry, vlan: VlanId, mac: MacAddress): RegistryEntry | undefined {
  return registry.entries.get(entryKey(vlan, mac));
}

/** Who answers a question for an address on behalf of its owner: nobody for the owner's own probe, nor for a target behind the asking port. */
export function findAnswer(
  registry: Registry,
  question: { vlan: VlanId; target: IpAddress; asker: MacAddress; place: Place },
): RegistryEntry | undefined {
  const owner = findOwner(registry, question.vlan, question.target);
  if (owner === undefined || owner.mac === question.asker) return undefined;
  return isSamePlace(owner.place, question.place) ? undefined : owner;
}

/** Forgets what was learnt and not seen for `forMs`; what the VI lists stays. */
export function expire(registry: Registry, now: Date, forMs: number): { registry: Registry; expired: RegistryEntry[] } {
  const isOver = (entry: RegistryEntry): boolean =>
    entry.learntFrom !== 'listed' && now.getTime() - entry.learntAt.getTime() > forMs;
  const expired = [...registry.entries.values()].filter(isOver);
  if (expired.length === 0) return { registry, expired };
  return { registry: toRegistry([...registry.entries.values()].filter((entry) => !isOver(entry))), expired };
}
