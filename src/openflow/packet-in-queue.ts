/** Packet-ins that wait to be handled: bounded, the oldest dropped and counted. Replies never pass through here. */
export interface PacketInQueue {
  readonly length: number;
  readonly dropped: number;
  push(frame: Buffer): void;
  shift(): Buffer | undefined;
  clear(): void;
}

export function createPacketInQueue(capacity: number): PacketInQueue {
  const ring = new Array<Buffer | undefined>(capacity);
  let head = 0;
  let length = 0;
  let dropped = 0;

  function shift(): Buffer | undefined {
    if (length === 0) return undefined;
    const frame = ring[head];
    ring[head] = undefined;
    head = (head + 1) % capacity;
    length--;
    return frame;
  }

  return {
    get length() {
      return length;
    },
    get dropped() {
      return dropped;
    },
    push(frame) {
      if (length === capacity) {
        shift();
        dropped++;
      }
      ring[(head + length) % capacity] = frame;
      length++;
    },
    shift,
    clear() {
      ring.fill(undefined);
      length = 0;
    },
  };
}
