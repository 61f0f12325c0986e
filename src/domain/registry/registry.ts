/**
 * The management registry of one segment: (VLAN, MAC) → IPs and place. A map in memory, changed in place: it is asked at every
 * packet-in, however many entries it has, and nobody here waits for anything. Questions
 * for IPv4 addresses are answered from an index of numbers (host-index.ts); entries hold text.
 */
import { toMacNumber } from '../../lib/address-number.js';
import { isOneMac } from '../vi/addresses.js';
import type { IpAddress, MacAddress, VlanId } from '../vi/criteria.js';
import { type AddressOwners, createAddressOwners } from './address-owners.js';
import { addressKey, type Place, type RegistryEntry } from './registry-entry.js';
import {
  countMove,
  defaultLimits,
  isDamped,
  isForgettable,
  type MoveCount,
  type PlaceRules,
  quotaOf,
  type Refusal,
} from './registry-limits.js';

interface OneVlan {
  readonly entries: Map<MacAddress, RegistryEntry>;
  readonly owners: AddressOwners;
}

export interface Registry {
  readonly vlans: Map<VlanId, OneVlan>;
  /** Places by their number, and their numbers. */
  readonly places: Place[];
  readonly placeIds: Map<string, number>;
  readonly rules: RegistryRules;
  /** Of machines that the VI does not list. */
  learntCount: number;
  /** Of those, how many are at a place, by its number. */
  readonly learntAt: number[];
}

export interface RegistryRules extends PlaceRules {
  /** Before this nobody is forgotten for silence: what a restart brought back was not heard meanwhile. */
  heardSince: Date;
  /** Whose an address is, by `addressKey`: nobody else is believed who claims it. */
  listedOwners: ReadonlyMap<string, MacAddress>;
  /** By `addressKey`: wherever they move, they are never too many, and are not forgotten. */
  listedMachines: ReadonlySet<string>;
  /** Moves of MACs and IPs of late, by `addressKey`. */
  moves: Map<string, MoveCount>;
}

const noRules = (): RegistryRules => ({
  limits: defaultLimits,
  isVmPort: () => false,
  heardSince: new Date(0),
  listedOwners: new Map(),
  listedMachines: new Set(),
  moves: new Map(),
});

/** What a frame told about its sender. */
export interface Observation {
  vlan: VlanId;
  mac: MacAddress;
  ip?: IpAddress;
  place: Place;
  /** Of the place, for who has it at hand. */
  placeId?: number;
  from: Exclude<RegistryEntry['learntFrom'], 'listed'>;
  /** The sender announces itself (gratuitous ARP, RARP, unsolicited neighbour advertisement), rather than asking. */
  announces: boolean;
  at: Date;
}

export interface Learning {
  /** Entries that are news to others: new, moved, or with other IPs. */
  changes: readonly RegistryEntry[];
  /** The place where the sender was known before, if it is another. */
  movedFrom?: Place;
  /** No news, but the sender had not been heard for a while. */
  confirmed?: RegistryEntry;
  /** Nobody is believed to know where it is any more: what is sent to it is flooded. */
  givenUp?: RegistryEntry;
  /** Why what the frame says is not believed, or not all of it. */
  refused?: Refusal;
}

/** What arrives over the WAN does not override a local entry seen within this time, unless it is an announcement. */
const freshForMs = 10 * 60_000;
/** Being seen again is noted no more often than this. */
const refreshAfterMs = 30_000;

export const isSamePlace = (a: Place, b: Place): boolean =>
  a.kind === 'port'
    ? b.kind === 'port' && a.node === b.node && a.portName === b.portName
    : b.kind === 'site' && a.site === b.site;

const placeKey = (place: Place): string =>
  place.kind === 'port' ? `port ${place.node} ${place.portName}` : `site ${place.site}`;

/** Equal for the same place, in this registry. */
export function placeIdOf({ places, placeIds }: Registry, place: Place): number {
  const key = placeKey(place);
  const existing = placeIds.get(key);
  if (existing !== undefined) return existing;
  placeIds.set(key, places.length);
  return places.push(place) - 1;
}

export function toRegistry(entries: Iterable<RegistryEntry>, rules: Partial<RegistryRules> = {}): Registry {
  const registry: Registry = {
    ...{ vlans: new Map(), places: [], placeIds: new Map() },
    ...{ rules: { ...noRules(), ...rules }, learntCount: 0, learntAt: [] },
  };
  for (const entry of entries)
    put(registry, entry, placeIdOf(registry, entry.place), findEntry(registry, entry.vlan, entry.mac));
  return registry;
}

export const entriesOf = (registry: Registry): RegistryEntry[] =>
  [...registry.vlans.values()].flatMap(({ entries }) => [...entries.values()]);

function vlanOf({ vlans }: Registry, vlan: VlanId): OneVlan {
  const existing = vlans.get(vlan);
  if (existing !== undefined) return existing;
  const fresh: OneVlan = { entries: new Map(), owners: createAddressOwners() };
  vlans.set(vlan, fresh);
  return fresh;
}

const toSeconds = (ms: number): number => Math.floor(ms / 1000) | 0;

/** `placeId`: of the entry's place. `before`: what is known of the machine until now. */
function put(registry: Registry, entry: RegistryEntry, placeId: number, before: RegistryEntry | undefined): void {
  const vlan = vlanOf(registry, entry.vlan);
  giveUp(registry, vlan, before, entry.ips);
  vlan.entries.set(entry.mac, entry);
  countLearnt(registry, entry, placeId, 1);
  if (entry.ips.length === 0) return;
  const { high, low } = toMacNumber(entry.mac);
  const learntAtS = toSeconds(entry.learntAt.getTime());
  const host = { macHigh: high, macLow: low, placeId, learntAtS };
  for (const ip of entry.ips) {
    const holder = vlan.owners.get(ip);
    if (holder !== before) takeFrom(holder, ip);
    vlan.owners.set(ip, entry, host);
  }
}

const isListed = ({ rules }: Registry, { learntFrom, vlan, mac }: RegistryEntry): boolean =>
  learntFrom === 'listed' || rules.listedMachines.has(addressKey(vlan, mac));

function countLearnt(registry: Registry, entry: RegistryEntry, placeId: number, change: 1 | -1): void {
  if (isListed(registry, entry)) return;
  registry.learntCount += change;
  registry.learntAt[placeId] = (registry.learntAt[placeId] ?? 0) + change;
}

function forget(registry: Registry, entry: RegistryEntry): void {
  const vlan = vlanOf(registry, entry.vlan);
  giveUp(registry, vlan, entry);
  vlan.entries.delete(entry.mac);
}

/** An address has one owner: what is put later has it. */
function takeFrom(holder: RegistryEntry | undefined, ip: IpAddress): void {
  if (holder !== undefined) holder.ips = holder.ips.filter((one) => one !== ip);
}

/** What an entry has besides its own place in the map, but for addresses that another version of it has from now on. */
function giveUp(
  registry: Registry,
  { owners }: OneVlan,
  entry: RegistryEntry | undefined,
  kept: readonly IpAddress[] = [],
): void {
  if (entry === undefined) return;
  countLearnt(registry, entry, placeIdOf(registry, entry.place), -1);
  for (const ip of entry.ips) {
    if (!kept.includes(ip) && owners.get(ip) === entry) owners.delete(ip);
  }
}

/**
 * What a restart or a new version knows: what was learnt, over what is listed, where the learnt place still exists, and without addresses that are
 * listed for another machine by now.
 */
export function mergeEntries(
  listed: readonly RegistryEntry[],
  learnt: Iterable<RegistryEntry>,
  exists: (place: Place, vlan: VlanId) => boolean,
  rules: Partial<RegistryRules> = {},
): Registry {
  const isOwn = ({ vlan, mac }: RegistryEntry, ip: IpAddress): boolean => {
    const owner = rules.listedOwners?.get(addressKey(vlan, ip));
    return owner === undefined || owner === mac;
  };
  const withoutOthers = (entry: RegistryEntry) => ({ ...entry, ips: entry.ips.filter((ip) => isOwn(entry, ip)) });
  const believed = [...learnt]
    .filter((entry) => entry.learntFrom !== 'listed' && exists(entry.place, entry.vlan))
    .map((entry) => (entry.ips.every((ip) => isOwn(entry, ip)) ? entry : withoutOthers(entry)));
  return toRegistry([...listed, ...believed], rules);
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
function deriveLoser(holder: RegistryEntry | undefined, seen: Observation): RegistryEntry | undefined {
  if (holder === undefined || holder.mac === seen.mac) return undefined;
  return { ...holder, ips: holder.ips.filter((ip) => ip !== seen.ip) };
}

const nothingNew: Learning = { changes: [] };

/** Whether there is room for it where it is seen. */
function findFull(
  registry: Registry,
  known: RegistryEntry | undefined,
  seen: Observation,
  placeId: number,
): Refusal | undefined {
  const { rules, learntCount, learntAt } = registry;
  const { place, vlan, mac } = seen;
  if (rules.listedMachines.has(addressKey(vlan, mac))) return undefined;
  if (known === undefined && learntCount >= rules.limits.macsPerSegment) return 'segmentFull';
  return (learntAt[placeId] ?? 0) >= quotaOf(rules, place) ? 'portFull' : undefined;
}

/** Counts one more change of an address; false if it changes too often. */
function mayMove({ rules }: Registry, key: string, nowMs: number): boolean {
  const count = rules.moves.get(key);
  if (isDamped(count, nowMs)) return false;
  const counted = countMove(count, nowMs, rules.limits);
  rules.moves.set(key, counted);
  return !isDamped(counted, nowMs);
}

/** Why the sender may not have the address that it claims; undefined: it has it from now on. */
function findClaimRefusal(
  registry: Registry,
  { vlan, mac, at }: Observation,
  ip: IpAddress,
  known: RegistryEntry | undefined,
  holder: RegistryEntry | undefined,
): Refusal | undefined {
  const owner = registry.rules.listedOwners.get(addressKey(vlan, ip));
  if (owner !== undefined && owner !== mac) return 'listedElsewhere';
  if (holder !== undefined && !mayMove(registry, addressKey(vlan, ip), at.getTime())) return 'flapping';
  const isFull = known !== undefined && known.ips.length >= registry.rules.limits.ipsPerMac;
  return isFull && !mayMove(registry, `${addressKey(vlan, mac)} ips`, at.getTime()) ? 'tooManyIps' : undefined;
}

interface Claim {
  /** It has the address from now on. */
  isNew: boolean;
  holder?: RegistryEntry | undefined;
  refused?: Refusal;
}

function deriveClaim(registry: Registry, seen: Observation, known: RegistryEntry | undefined): Claim {
  const { ip } = seen;
  if (ip === undefined || known?.ips.includes(ip)) return { isNew: false };
  const holder = findOwner(registry, seen.vlan, ip);
  if (isOverruled(holder, seen)) return { isNew: false };
  const refused = findClaimRefusal(registry, seen, ip, known, holder);
  if (refused !== undefined) return { isNew: false, refused };
  return { isNew: true, holder };
}

/** It is elsewhere, where it cannot be learnt: what is sent to where it was would not reach it. */
function giveUpPlace(registry: Registry, known: RegistryEntry | undefined): Pick<Learning, 'givenUp'> {
  if (known === undefined) return {};
  forget(registry, known);
  return { givenUp: known };
}

/** Changes the registry; what it returns is what others should hear of. */
export function learn(registry: Registry, seen: Observation): Learning {
  const known = findEntry(registry, seen.vlan, seen.mac);
  if (!isOneMac(seen.mac) || isOverruled(known, seen)) return nothingNew;
  const moved = known !== undefined && !isSamePlace(known.place, seen.place);
  if (moved && !mayMove(registry, addressKey(seen.vlan, seen.mac), seen.at.getTime()))
    return { changes: [], refused: 'flapping' };
  const placeId = seen.placeId ?? placeIdOf(registry, seen.place);
  const full = known === undefined || moved ? findFull(registry, known, seen, placeId) : undefined;
  if (full !== undefined) return { changes: [], refused: full, ...giveUpPlace(registry, known) };

  const claim = deriveClaim(registry, seen, known);
  const refused = claim.refused === undefined ? {} : { refused: claim.refused };
  if (known !== undefined && !moved && !claim.isNew && seen.at.getTime() - known.learntAt.getTime() < refreshAfterMs)
    return claim.refused === undefined ? nothingNew : { changes: [], ...refused };

  const { ipsPerMac } = registry.rules.limits;
  const isNews = known === undefined || moved || claim.isNew;
  const entry: RegistryEntry = {
    vlan: seen.vlan,
    mac: seen.mac,
    ips: claim.isNew ? [...(known?.ips ?? []), seen.ip!].slice(-ipsPerMac) : (known?.ips ?? []),
    place: seen.place,
    learntFrom: isNews ? seen.from : known.learntFrom,
    learntAt: seen.at,
  };
  const loser = claim.isNew ? deriveLoser(claim.holder, seen) : undefined;
  if (loser !== undefined) put(registry, loser, placeIdOf(registry, loser.place), claim.holder);
  put(registry, entry, placeId, known);
  if (!isNews) return { changes: [], confirmed: entry, ...refused };
  return {
    changes: loser === undefined ? [entry] : [loser, entry],
    ...(moved ? { movedFrom: known.place } : {}),
    ...refused,
  };
}

export const findOwner = (registry: Registry, vlan: VlanId, ip: IpAddress): RegistryEntry | undefined =>
  registry.vlans.get(vlan)?.owners.get(ip);

export const findEntry = (registry: Registry, vlan: VlanId, mac: MacAddress): RegistryEntry | undefined =>
  registry.vlans.get(vlan)?.entries.get(mac);

/** Who answers a question for an address on behalf of its owner: nobody for the owner's own probe, nor for a target behind the asking port. */
export function findAnswer(
  registry: Registry,
  question: { vlan: VlanId; target: IpAddress; asker: MacAddress; place: Place },
): RegistryEntry | undefined {
  const owner = findOwner(registry, question.vlan, question.target);
  if (owner === undefined || owner.mac === question.asker) return undefined;
  return isSamePlace(owner.place, question.place) ? undefined : owner;
}

/** A question for an IPv4 address as numbers. */
export interface Ipv4Question {
  vlan: VlanId;
  /** Of the asker. */
  macHigh: number;
  macLow: number;
  ip: number;
  targetIp: number;
}

export interface Ipv4Answer {
  macHigh: number;
  macLow: number;
  placeId: number;
}

/**
 * `learn` and `findAnswer` for what most questions are, in a fraction of their time: the asker stands where the registry says —
 * port, VLAN, MAC and IP, all four — and was noted not long ago, so that there is nothing to learn, and there is an answer.
 * Undefined: it is another case.
 */
export function findOrdinaryAnswer(
  registry: Registry,
  { vlan, macHigh, macLow, ip, targetIp }: Ipv4Question,
  placeId: number,
  atMs: number,
): Ipv4Answer | undefined {
  const hosts = registry.vlans.get(vlan)?.owners.hosts;
  if (hosts === undefined || ip === targetIp) return undefined;
  const asker = hosts.find(ip);
  if (asker < 0 || hosts.readMacLow(asker) !== macLow || hosts.readMacHigh(asker) !== macHigh) return undefined;
  if (hosts.readPlaceId(asker) !== placeId) return undefined;
  if (((toSeconds(atMs) - hosts.readLearntAtS(asker)) | 0) >= refreshAfterMs / 1000) return undefined;
  const target = hosts.find(targetIp);
  if (target < 0 || hosts.readPlaceId(target) === placeId) return undefined;
  const answer = {
    macHigh: hosts.readMacHigh(target),
    macLow: hosts.readMacLow(target),
    placeId: hosts.readPlaceId(target),
  };
  return answer.macLow === macLow && answer.macHigh === macHigh ? undefined : answer;
}

/** Learnt, and not seen for `forMs`; what the VI lists is not learnt. */
export const isSilent = (registry: Registry, entry: RegistryEntry, now: Date, forMs: number): boolean =>
  now.getTime() - Math.max(entry.learntAt.getTime(), registry.rules.heardSince.getTime()) > forMs &&
  !isListed(registry, entry);

/** Forgets who was silent for `forMs`, and returns it. */
export function expire(registry: Registry, now: Date, forMs: number): RegistryEntry[] {
  const isOver = (entry: RegistryEntry): boolean => isSilent(registry, entry, now, forMs);
  const { moves } = registry.rules;
  for (const [key, count] of moves) if (isForgettable(count, now.getTime())) moves.delete(key);
  const expired = entriesOf(registry).filter(isOver);
  for (const entry of expired) forget(registry, entry);
  return expired;
}
