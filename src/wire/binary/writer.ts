/** Bytes being built, big-endian, in a buffer that grows. Every value is checked against its width. */
import { WireError } from '../wire-error.js';
import { toView } from './chunk.js';

const smallestBuffer = 256;
const largestFirstBuffer = 65536;

export class Writer {
  offset = 0;
  private bytes: Buffer;
  private view: DataView;

  constructor(initialSize = smallestBuffer) {
    this.bytes = Buffer.allocUnsafe(initialSize);
    this.view = toView(this.bytes);
  }

  u8(value: number): void {
    const at = this.grow(1);
    this.bytes[at] = this.checked(value, 0xff, at);
  }

  u16(value: number): void {
    const at = this.grow(2);
    this.view.setUint16(at, this.checked(value, 0xffff, at));
  }

  u32(value: number): void {
    const at = this.grow(4);
    this.view.setUint32(at, this.checked(value, 0xffffffff, at));
  }

  u64(value: bigint): void {
    const at = this.grow(8);
    if (typeof value !== 'bigint' || value < 0n || value > 0xffff_ffff_ffff_ffffn) {
      throw new WireError(`${String(value)} is not an unsigned 64-bit bigint`, at);
    }
    this.view.setBigUint64(at, value);
  }

  raw(value: Uint8Array): void {
    const at = this.grow(value.length);
    this.bytes.set(value, at);
  }

  zeros(length: number): void {
    const at = this.grow(length);
    // Padding is a few bytes, for which a loop is faster than a call.
    for (let i = at; i < at + length; i++) this.bytes[i] = 0;
  }

  /** Zeros up to the next multiple of `alignment`, counted from `start`. */
  pad(start: number, alignment: number): void {
    const over = (this.offset - start) % alignment;
    if (over !== 0) this.zeros(alignment - over);
  }

  /** Fills in a length that is only known after what it measures was written. */
  patchU16(at: number, value: number): void {
    this.view.setUint16(at, this.checked(value, 0xffff, at));
  }

  patchU32(at: number, value: number): void {
    this.view.setUint32(at, this.checked(value, 0xffffffff, at));
  }

  /** What was written from `start` on; valid until the next write. */
  written(start = 0): Buffer {
    return this.bytes.subarray(start, this.offset);
  }

  /** What was written, given away; the writer starts anew. */
  take(): Buffer {
    const taken = this.written();
    this.bytes = Buffer.allocUnsafe(Math.min(Math.max(taken.length, smallestBuffer), largestFirstBuffer));
    this.view = toView(this.bytes);
    this.offset = 0;
    return taken;
  }

  private checked(value: number, max: number, at: number): number {
    // Of anything but an integer in range, the unsigned part is another value.
    if (typeof value !== 'number' || value >>> 0 !== value || value > max) {
      throw new WireError(`${String(value)} is not an integer between 0 and ${max}`, at);
    }
    return value;
  }

  private grow(length: number): number {
    const at = this.offset;
    const needed = at + length;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, at);
      this.bytes = larger;
      this.view = toView(larger);
    }
    this.offset = needed;
    return at;
  }
}
