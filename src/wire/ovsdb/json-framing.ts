/** JSON objects out of a byte stream, RFC 7047 §4: they follow one another with nothing between that says where one ends. */
import { WireError } from '../wire-error.js';

const quote = 0x22;
const backslash = 0x5c;
const opening = 0x7b;
const closing = 0x7d;
const whitespace = new Set([0x20, 0x09, 0x0a, 0x0d]);

export interface JsonFramer {
  /** The objects that this chunk completes. Throws WireError; the stream is of no use after that. */
  push(chunk: Uint8Array): unknown[];
}

export function createJsonFramer(limitBytes: number): JsonFramer {
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  let streamOffset = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;

  function parse(last: Uint8Array): unknown {
    const text = Buffer.concat([...kept, last]).toString('utf8');
    kept = [];
    keptBytes = 0;
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new WireError(`not JSON: ${(error as Error).message}`, streamOffset);
    }
  }

  /** Follows one byte; true where an object ends. All that matters is ASCII, so UTF-8 may be split anywhere. */
  function step(byte: number, offset: number): boolean {
    if (inString) {
      if (escaped) escaped = false;
      else if (byte === backslash) escaped = true;
      else if (byte === quote) inString = false;
      return false;
    }
    if (depth === 0 && byte !== opening && !whitespace.has(byte))
      throw new WireError('an object must start with {', offset);
    if (byte === quote) inString = true;
    else if (byte === opening) depth += 1;
    else if (byte === closing) depth -= 1;
    return byte === closing && depth === 0;
  }

  return {
    push(chunk) {
      const objects: unknown[] = [];
      let start = 0;
      for (let at = 0; at < chunk.length; at += 1) {
        if (!step(chunk[at]!, streamOffset + at)) continue;
        objects.push(parse(chunk.subarray(start, at + 1)));
        start = at + 1;
      }
      if (start < chunk.length) {
        kept.push(chunk.slice(start));
        keptBytes += chunk.length - start;
      }
      streamOffset += chunk.length;
      if (keptBytes > limitBytes) throw new WireError(`an object of more than ${limitBytes} bytes`, streamOffset);
      return objects;
    },
  };
}
