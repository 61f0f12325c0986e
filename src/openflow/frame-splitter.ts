/** Cuts a byte stream into whole messages by the length in their header. It does not look further into them. */
import { headerLength, readHeader } from '../wire/openflow/message-codec.js';
import { WireError } from '../wire/wire-error.js';

export interface FrameSplitter {
  /** The messages that are whole now. Throws WireError where no next message can be found: the stream is lost. */
  push(chunk: Buffer): Buffer[];
}

export function createFrameSplitter(): FrameSplitter {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  /** Bytes that must be there before cutting is worth another try. */
  let needed = headerLength;

  function cut(bytes: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    let at = 0;
    while (bytes.length - at >= headerLength) {
      const { length } = readHeader(bytes, at);
      if (length < headerLength) throw new WireError(`a length of ${length}, less than a header`, at + 2, 'length');
      if (bytes.length - at < length) break;
      frames.push(bytes.subarray(at, at + length));
      at += length;
    }
    keep(bytes.subarray(at));
    return frames;
  }

  function keep(bytes: Buffer): void {
    kept = bytes.length === 0 ? [] : [bytes];
    keptBytes = bytes.length;
    needed = bytes.length < headerLength ? headerLength : readHeader(bytes).length;
  }

  return {
    push(chunk) {
      if (keptBytes === 0) return cut(chunk);
      kept.push(chunk);
      keptBytes += chunk.length;
      return keptBytes < needed ? [] : cut(Buffer.concat(kept, keptBytes));
    },
  };
}
