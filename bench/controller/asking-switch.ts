/**
 * One fake switch under load: `outstanding` slots, each with an ARP request on its way; a slot's reply makes room for its
 * next request, and all that one chunk of replies makes room for goes out in one write. Written for speed: what it costs
 * is missing on the other side of the comparison.
 */
import { type Chunk, toChunk } from '../../src/wire/binary/chunk.js';
import { reservedPort } from '../../src/wire/openflow/reserved-numbers.js';
import type { FakeSwitch } from './connecting-switch.js';
import type { Histogram } from './histogram.js';
import { packetInAt, packetInTemplate, packetOutAt, packetOutLength } from './messages.js';
import { askerIp, askerMacHigh, askerMacLow, askerPort, askersPerSwitch, targetIp, targetMacHigh } from './scenery.js';

export interface AskingOptions {
  /** Which of the switches this is. */
  index: number;
  outstanding: number;
  entries: number;
  verified: boolean;
  /** Of all askers, the one from whom this and the other switches have theirs. */
  firstAsker: number;
  /** Each asker asks one question, and that is the end. */
  once?: boolean;
  latencies: Histogram;
}

export interface Asking {
  readonly replies: number;
  readonly wrong: number;
  readonly outstanding: number;
  /** As `performance.now()`. */
  readonly lastReplyAt: number;
  start(): void;
  /** No more requests; replies are still counted. */
  stop(): void;
}

const headerLength = 8;
const packetOut = 13;
const arpOverEthernet = 0x0806_0001;
const ipv4WithLengths = 0x0800_0604;
const arpReply = 2;
/** Coprime to any number of entries that is not a multiple of it: walks through all of them in no order that a cache likes. */
const stride = 7_919;

function writeMac(view: DataView, high: number, low: number, at: number): void {
  view.setUint16(at, high);
  view.setInt32(at + 2, low);
}

const isMac = (view: DataView, high: number, low: number, at: number): boolean =>
  view.getUint16(at) === high && view.getInt32(at + 2) === low;

export function createAsking(fake: FakeSwitch, options: AskingOptions): Asking {
  const { index, entries, verified, firstAsker, once = false, latencies } = options;
  const slots = options.outstanding;
  const targets = new Int32Array(slots);
  const askers = new Int32Array(slots);
  const askersPerSlot = Math.max(1, Math.floor(askersPerSwitch / slots));
  /** Of each slot, how often it has asked. */
  const turns = new Int32Array(slots);
  const sentAt = new Float64Array(slots).fill(-1);
  let kept: Buffer = Buffer.alloc(0);
  let asked = index * 101;
  let nextSlot = 0;
  let stopped = false;
  let [replies, wrong, outstanding, lastReplyAt] = [0, 0, 0, 0];

  const firstOfAll = firstAsker + index * askersPerSwitch;
  const macLowOf = (asker: number): number => askerMacLow(firstOfAll + asker);
  const ipOf = (asker: number): number => askerIp(firstOfAll + asker);
  const asksOn = (slot: number): boolean => !stopped && !(once && turns[slot]! >= askersPerSlot);

  /** The slot's asker is one of those whose number says which slot it is of. */
  function ask({ bytes, view }: Chunk, at: number, slot: number, now: number): void {
    asked++;
    const turn = turns[slot]! % askersPerSlot;
    turns[slot]!++;
    const asker = (slot + slots * turn) % askersPerSwitch;
    const target = (asked * stride) % entries;
    askers[slot] = asker;
    targets[slot] = target;
    sentAt[slot] = now;
    outstanding++;
    bytes.set(packetInTemplate, at);
    view.setUint32(at + packetInAt.inPort, askerPort(asker));
    const frame = at + packetInAt.frame;
    writeMac(view, askerMacHigh, macLowOf(asker), frame + 6);
    writeMac(view, askerMacHigh, macLowOf(asker), frame + 22);
    view.setUint32(frame + 28, ipOf(asker));
    view.setUint32(frame + 38, targetIp(target));
  }

  /** Of whom it says to be the answer; -1 for nobody. */
  function slotOf(view: DataView, at: number): number {
    if (!verified) return nextSlot++ % slots;
    const asker = view.getUint32(at + packetOutAt.frame + 38) - ipOf(0);
    const slot = asker >= 0 && asker < askersPerSwitch ? asker % slots : -1;
    return slot >= 0 && askers[slot] === asker && sentAt[slot]! >= 0 ? slot : -1;
  }

  function isRight(view: DataView, at: number, slot: number): boolean {
    if (!verified) return true;
    const frame = at + packetOutAt.frame;
    const asker = askers[slot]!;
    const target = targets[slot]!;
    return (
      view.getUint32(at + packetOutAt.inPort) === askerPort(asker) &&
      view.getUint32(at + packetOutAt.outputTo) === reservedPort.inPort &&
      isMac(view, askerMacHigh, macLowOf(asker), frame) &&
      isMac(view, targetMacHigh, target, frame + 6) &&
      view.getUint32(frame + 12) === arpOverEthernet &&
      view.getUint32(frame + 16) === ipv4WithLengths &&
      view.getUint16(frame + 20) === arpReply &&
      isMac(view, targetMacHigh, target, frame + 22) &&
      view.getUint32(frame + 28) === targetIp(target) &&
      isMac(view, askerMacHigh, macLowOf(asker), frame + 32)
    );
  }

  function onReply(reply: DataView, at: number, length: number, now: number): number {
    const slot = length === packetOutLength ? slotOf(reply, at) : -1;
    if (slot < 0 || !isRight(reply, at, slot)) {
      wrong++;
      return -1;
    }
    replies++;
    outstanding--;
    lastReplyAt = now;
    latencies.add(now - sentAt[slot]!);
    sentAt[slot] = -1;
    return slot;
  }

  function onBytes(arrived: Buffer): void {
    const { bytes, view } = toChunk(kept.length === 0 ? arrived : Buffer.concat([kept, arrived]));
    const now = performance.now();
    const out = toChunk(Buffer.allocUnsafe(Math.ceil(bytes.length / packetOutLength) * packetInTemplate.length));
    let written = 0;
    let at = 0;
    while (bytes.length - at >= headerLength) {
      const length = view.getUint16(at + 2);
      if (bytes.length - at < length) break;
      if (view.getUint8(at + 1) === packetOut) {
        const slot = onReply(view, at, length, now);
        if (slot >= 0 && asksOn(slot)) {
          ask(out, written, slot, now);
          written += packetInTemplate.length;
        }
      }
      at += length;
    }
    kept = bytes.subarray(at);
    if (written > 0) fake.socket.write(out.bytes.subarray(0, written));
  }

  return {
    get replies() {
      return replies;
    },
    get wrong() {
      return wrong;
    },
    get outstanding() {
      return outstanding;
    },
    get lastReplyAt() {
      return lastReplyAt;
    },
    start() {
      fake.onBytes = onBytes;
      const out = toChunk(Buffer.allocUnsafe(slots * packetInTemplate.length));
      const now = performance.now();
      for (let slot = 0; slot < slots; slot++) ask(out, slot * packetInTemplate.length, slot, now);
      fake.socket.write(out.bytes);
    },
    stop() {
      stopped = true;
    },
  };
}
