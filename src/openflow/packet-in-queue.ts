/** Packet-ins that wait to be handled: bounded, the oldest dropped and counted. Replies never pass through here. */
import type { Chunk } from '../wire/binary/chunk.js';
import type { OnFrame } from './frame-splitter.js';

export interface PacketInQueue {
  readonly length: number;
  readonly dropped: number;
  /** A message is the bytes from `start` to `end`. Whether another one was dropped for it. */
  push(chunk: Chunk, start: number, end: number): 'kept' | 'overflow';
  /** Hands on the oldest; false if there is none. */
  shift(handle: OnFrame): boolean;
  clear(): void;
}

/** Most switches are quiet: a ring grows as far as it is used. */
const firstSlots = 32;

export function createPacketInQueue(capacity: number): PacketInQueue {
  let slots = Math.min(firstSlots, capacity);
  let chunks: (Chunk | undefined)[] = new Array(slots).fill(undefined);
  let starts = new Int32Array(slots);
  let ends = new Int32Array(slots);
  let head = 0;
  let length = 0;
  let dropped = 0;

  function grow(): void {
    const order = Array.from({ length }, (_, index) => (head + index) % slots);
    const [oldChunks, oldStarts, oldEnds] = [chunks, starts, ends];
    slots = Math.min(slots * 2, capacity);
    chunks = new Array(slots).fill(undefined);
    starts = new Int32Array(slots);
    ends = new Int32Array(slots);
    for (const [to, from] of order.entries()) {
      chunks[to] = oldChunks[from];
      starts[to] = oldStarts[from]!;
      ends[to] = oldEnds[from]!;
    }
    head = 0;
  }

  function dropOldest(): void {
    chunks[head] = undefined;
    head = (head + 1) % slots;
    length--;
    dropped++;
  }

  return {
    get length() {
      return length;
    },
    get dropped() {
      return dropped;
    },
    push(chunk, start, end) {
      const isFull = length === capacity;
      if (isFull) dropOldest();
      else if (length === slots) grow();
      const slot = (head + length) % slots;
      chunks[slot] = chunk;
      starts[slot] = start;
      ends[slot] = end;
      length++;
      return isFull ? 'overflow' : 'kept';
    },
    shift(handle) {
      if (length === 0) return false;
      const slot = head;
      const chunk = chunks[slot]!;
      chunks[slot] = undefined;
      head = (head + 1) % slots;
      length--;
      handle(chunk, starts[slot]!, ends[slot]!);
      return true;
    },
    clear() {
      chunks.fill(undefined);
      length = 0;
    },
  };
}
