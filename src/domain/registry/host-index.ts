/**
 * Who has an IPv4 address, for one VLAN of one registry: records of integers in one piece of memory, so that an answer out of a
 * hundred thousand costs one step to where memory is slow, not five. Beside what the entry of the address's owner says it has the entry.
 *
 * Open addressing with linear probing; a record that goes pulls those behind it back. Addresses that follow each other lie
 * together, as many as a cache line holds: who asks has neighbours that ask as well. Where each such group lies is a secret of the
 * index: tenants choose the addresses that they claim, and must not be able to choose such as all want one place.
 */
import { randomBytes } from 'node:crypto';

export interface Host {
  macHigh: number;
  macLow: number;
  placeId: number;
  /** Seconds, the lower 32 bits. */
  learntAtS: number;
}

export interface HostIndex<Owner> {
  /** Where its record is, for `read…`, until the next change; -1 if nobody has it. */
  find(ip: number): number;
  readMacHigh(at: number): number;
  readMacLow(at: number): number;
  readPlaceId(at: number): number;
  readLearntAtS(at: number): number;
  readOwner(at: number): Owner;
  set(ip: number, host: Host, owner: Owner): void;
  delete(ip: number): void;
}

/** Words of a record: four to a cache line. When it was learnt is read of askers only, and lies apart. */
const stride = 4;
const word = { ip: 0, macHigh: 1, macLow: 2, placeId: 3 } as const;
/** Beside the 16 bits of `macHigh`: the record is one. */
const taken = 0x1_0000;
/** Of an address: its place among neighbours. */
const neighbourBits = 2;
const neighbourMask = (1 << neighbourBits) - 1;
const firstSlots = 16;
/** Of its slots, how many a table has at most. */
const fullest = 0.75;
/** Of the golden ratio: what differs in a few bits differs in many. */
const multiplier = 0x9e37_79b1;

/** Integers of 32 bits that nobody else knows, drawn for each index. */
export interface HashKeys {
  before: number;
  after: number;
}

function drawKeys(): HashKeys {
  const bytes = randomBytes(8);
  return { before: bytes.readInt32LE(0), after: bytes.readInt32LE(4) };
}

export function createHostIndex<Owner>(keys: HashKeys = drawKeys()): HostIndex<Owner> {
  const before = keys.before | 0;
  // Odd: two groups that differ before it differ after it.
  const after = keys.after | 1;
  let slots = firstSlots;
  let shift = 32 - Math.log2(slots) + neighbourBits;
  let records = new Int32Array(slots * stride);
  let learntAtS = new Int32Array(slots);
  let owners: (Owner | undefined)[] = new Array(slots).fill(undefined);
  let count = 0;

  function homeOf(ip: number): number {
    const mixed = Math.imul((ip >>> neighbourBits) ^ before, multiplier);
    const group = Math.imul(mixed ^ (mixed >>> 15), after) >>> shift;
    return (group << neighbourBits) | (ip & neighbourMask);
  }
  const isTaken = (slot: number): boolean => records[slot * stride + word.macHigh] !== 0;

  /** Its own slot, or the free one where it would be. */
  function slotOf(ip: number): number {
    let slot = homeOf(ip);
    while (isTaken(slot) && records[slot * stride + word.ip] !== ip) slot = (slot + 1) & (slots - 1);
    return slot;
  }

  function grow(): void {
    const [oldRecords, oldLearntAtS, oldOwners] = [records, learntAtS, owners];
    slots *= 2;
    shift--;
    records = new Int32Array(slots * stride);
    learntAtS = new Int32Array(slots);
    owners = new Array(slots).fill(undefined);
    for (let from = 0; from < oldOwners.length; from++) {
      const at = from * stride;
      const high = oldRecords[at + word.macHigh]!;
      if (high === 0) continue;
      const [ip, macLow, placeId] = [
        oldRecords[at + word.ip]!,
        oldRecords[at + word.macLow]!,
        oldRecords[at + word.placeId]!,
      ];
      write(slotOf(ip), ip, high, macLow, placeId, oldLearntAtS[from]!, oldOwners[from]);
    }
  }

  function write(
    slot: number,
    ip: number,
    high: number,
    macLow: number,
    placeId: number,
    learntAt: number,
    owner: Owner | undefined,
  ): void {
    const at = slot * stride;
    records[at + word.ip] = ip;
    records[at + word.macHigh] = high;
    records[at + word.macLow] = macLow;
    records[at + word.placeId] = placeId;
    learntAtS[slot] = learntAt;
    owners[slot] = owner;
  }

  function move(from: number, to: number): void {
    records.copyWithin(to * stride, from * stride, (from + 1) * stride);
    learntAtS[to] = learntAtS[from]!;
    owners[to] = owners[from];
  }

  function free(slot: number): void {
    records[slot * stride + word.macHigh] = 0;
    owners[slot] = undefined;
  }

  return {
    find(ip) {
      const slot = slotOf(ip);
      return isTaken(slot) ? slot : -1;
    },
    readMacHigh: (slot) => records[slot * stride + word.macHigh]! & 0xffff,
    readMacLow: (slot) => records[slot * stride + word.macLow]!,
    readPlaceId: (slot) => records[slot * stride + word.placeId]!,
    readLearntAtS: (slot) => learntAtS[slot]!,
    readOwner: (slot) => owners[slot]!,
    set(ip, host, owner) {
      if (count >= slots * fullest) grow();
      const slot = slotOf(ip);
      if (!isTaken(slot)) count++;
      write(slot, ip, host.macHigh | taken, host.macLow, host.placeId, host.learntAtS, owner);
    },
    delete(ip) {
      let gap = slotOf(ip);
      if (!isTaken(gap)) return;
      count--;
      for (let slot = (gap + 1) & (slots - 1); isTaken(slot); slot = (slot + 1) & (slots - 1)) {
        const home = homeOf(records[slot * stride + word.ip]!);
        // It may move to the gap unless its home lies between the two.
        if (((slot - home) & (slots - 1)) < ((slot - gap) & (slots - 1))) continue;
        move(slot, gap);
        gap = slot;
      }
      free(gap);
    },
  };
}
