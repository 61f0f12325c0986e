/** A cursor over received bytes, big-endian. It copies nothing: what it hands out are views. Every step checks the end. */
import { WireError } from '../wire-error.js';

export class Reader {
  offset: number;
  end: number;

  constructor(
    readonly bytes: Buffer,
    start = 0,
    end: number = bytes.length,
  ) {
    this.offset = start;
    this.end = end;
  }

  get left(): number {
    return this.end - this.offset;
  }

  u8(): number {
    return this.bytes[this.take(1)]!;
  }

  u16(): number {
    return this.bytes.readUInt16BE(this.take(2));
  }

  u32(): number {
    return this.bytes.readUInt32BE(this.take(4));
  }

  u64(): bigint {
    return this.bytes.readBigUInt64BE(this.take(8));
  }

  view(length: number): Buffer {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  rest(): Buffer {
    return this.view(this.left);
  }

  skip(length: number): void {
    this.take(length);
  }

  /** Nothing after `end` can be read until `widen` is given what this returns. */
  narrow(end: number, what: string): number {
    if (end < this.offset || end > this.end) {
      throw new WireError(
        `${what} says that it ends at byte ${end}, outside ${this.offset} to ${this.end}`,
        this.offset,
      );
    }
    const before = this.end;
    this.end = end;
    return before;
  }

  /** Leaves a narrowed part behind, also the bytes in it that nobody read. */
  widen(before: number): void {
    this.offset = this.end;
    this.end = before;
  }

  private take(length: number): number {
    const start = this.offset;
    if (start + length > this.end) {
      throw new WireError(`${length} bytes are needed, ${this.end - start} are left`, start);
    }
    this.offset = start + length;
    return start;
  }
}
