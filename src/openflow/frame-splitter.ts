/** Cuts a byte stream into whole messages by the length in their header. It copies nothing that came in one piece, and looks no further. */
import { type Chunk, toChunk } from '../wire/binary/chunk.js';
import { headerLength } from '../wire/openflow/message-codec.js';
import { WireError } from '../wire/wire-error.js';

/** One message is the bytes from `start` to `end`. It must not throw. */
export type OnFrame = (chunk: Chunk, start: number, end: number) => void;

export interface FrameSplitter {
  /** Hands on the messages that are whole now. Throws WireError where no next message can be found: the stream is lost. */
  push(chunk: Buffer, onFrame: OnFrame): void;
}

const lengthAt = 2;

export function createFrameSplitter(): FrameSplitter {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  /** Bytes that must be there before cutting is worth another try. */
  let needed = headerLength;

  function cut(bytes: Buffer, onFrame: OnFrame): void {
    const chunk = toChunk(bytes);
    let at = 0;
    while (bytes.length - at >= headerLength) {
      const length = chunk.view.getUint16(at + lengthAt);
      if (length < headerLength) throw new WireError(`a length of ${length}, less than a header`, at + 2, 'length');
      if (bytes.length - at < length) break;
      onFrame(chunk, at, at + length);
      at += length;
    }
    keep(bytes, at);
  }

  function keep(bytes: Buffer, from: number): void {
    keptBytes = bytes.length - from;
    kept = keptBytes === 0 ? [] : [bytes.subarray(from)];
    needed = keptBytes < headerLength ? headerLength : bytes.readUInt16BE(from + lengthAt);
  }

  return {
    push(chunk, onFrame) {
      if (keptBytes === 0) return cut(chunk, onFrame);
      kept.push(chunk);
      keptBytes += chunk.length;
      if (keptBytes >= needed) cut(Buffer.concat(kept, keptBytes), onFrame);
    },
  };
}
