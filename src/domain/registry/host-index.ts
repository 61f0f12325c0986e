/**
 * Who has an IPv4 address, for one VLAN of one registry: records of integers in one piece of memory, so that an answer out of a
 * hundred thousand costs one step to where memory is slow, not five. It repeats what the registry's entries say and nothing else.
 *
 * Open addressing with linear probing, at most half full; a record that goes pulls those behind it back.
 */
export interface Host {
  macHigh: number;
  macLow: number;
  placeId: number;
  /** Seconds, the lower 32 bits. */
  learntAtS: number;
}

export interface HostIndex {
  /** Where its record is, for `read…`, until the next change; -1 if nobody has it. */
  find(ip: number): number;
  readMacHigh(at: number): number;
  readMacLow(at: number): number;
  readPlaceId(at: number): number;
  readLearntAtS(at: number): number;
  set(ip: number, host: Host): void;
  delete(ip: number): void;
}

/** Words of a record; half a cache line, so that none lies across two. */
const stride = 8;
const word = { ip: 0, macHigh: 1, macLow: 2, placeId: 3, learntAtS: 4 } as const;
/** Beside the 16 bits of `macHigh`: the record is one. */
const taken = 0x1_0000;
const firstSlots = 16;
/** Of the golden ratio: spreads addresses that follow each other. */
const multiplier = 0x9e37_79b1;

export function createHostIndex(): HostIndex {
  let slots = firstSlots;
  let shift = 32 - Math.log2(slots);
  let records = new Int32Array(slots * stride);
  let count = 0;

  const homeOf = (ip: number): number => Math.imul(ip, multiplier) >>> shift;
  const isTaken = (slot: number): boolean => records[slot * stride + word.macHigh] !== 0;

  /** Its own slot, or the free one where it would be. */
  function slotOf(ip: number): number {
    let slot = homeOf(ip);
    while (isTaken(slot) && records[slot * stride + word.ip] !== ip) slot = (slot + 1) & (slots - 1);
    return slot;
  }

  function grow(): void {
    const old = records;
    slots *= 2;
    shift--;
    records = new Int32Array(slots * stride);
    for (let at = 0; at < old.length; at += stride)
      if (old[at + word.macHigh] !== 0) records.set(old.subarray(at, at + stride), slotOf(old[at + word.ip]!) * stride);
  }

  return {
    find(ip) {
      const slot = slotOf(ip);
      return isTaken(slot) ? slot * stride : -1;
    },
    readMacHigh: (at) => records[at + word.macHigh]! & 0xffff,
    readMacLow: (at) => records[at + word.macLow]!,
    readPlaceId: (at) => records[at + word.placeId]!,
    readLearntAtS: (at) => records[at + word.learntAtS]!,
    set(ip, { macHigh, macLow, placeId, learntAtS }) {
      if (count * 2 >= slots) grow();
      const slot = slotOf(ip);
      if (!isTaken(slot)) count++;
      const at = slot * stride;
      records[at + word.ip] = ip;
      records[at + word.macHigh] = macHigh | taken;
      records[at + word.macLow] = macLow;
      records[at + word.placeId] = placeId;
      records[at + word.learntAtS] = learntAtS;
    },
    delete(ip) {
      let free = slotOf(ip);
      if (!isTaken(free)) return;
      count--;
      records[free * stride + word.macHigh] = 0;
      for (let slot = (free + 1) & (slots - 1); isTaken(slot); slot = (slot + 1) & (slots - 1)) {
        const home = homeOf(records[slot * stride + word.ip]!);
        // It may move to the free slot unless its home lies between the two.
        if (((slot - home) & (slots - 1)) < ((slot - free) & (slots - 1))) continue;
        records.copyWithin(free * stride, slot * stride, (slot + 1) * stride);
        records[slot * stride + word.macHigh] = 0;
        free = slot;
      }
    },
  };
}
