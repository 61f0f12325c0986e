/** Bytes of a request → its text without XML declaration. Only UTF-8 and UTF-16 are read (WS-I Basic Profile 1.1, R1012). */
import { clientRefusal } from './refusal.js';

function encodingOf(bytes: Uint8Array, charset: string | undefined): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  const name = (charset ?? 'utf-8').toLowerCase();
  if (name === 'utf-8' || name === 'us-ascii') return 'utf-8';
  if (name.startsWith('utf-16')) return name === 'utf-16be' ? 'utf-16be' : 'utf-16le';
  throw clientRefusal(`the charset '${name}' is not read here; send UTF-8`, { charset: name });
}

function decode(bytes: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw clientRefusal(`the request is not ${encoding.toUpperCase()} text`, { charset: encoding });
  }
}

// What it says of the bytes does not matter any more. Its lines are kept, for the numbers in errors.
const declaration = /^<\?xml[ \t\r\n][^>]*\?>/;

/** Throws a Refusal. */
export function decodeMessage(bytes: Uint8Array, charset: string | undefined): string {
  if (bytes.length === 0) throw clientRefusal('the request has no body');
  return decode(bytes, encodingOf(bytes, charset)).replace(declaration, (text) => text.replace(/[^\n]/g, ''));
}
