/** Bytes of a request → its text. Only UTF-8 and UTF-16 are read (WS-I Basic Profile 1.1, R1012); a document type is refused here, unparsed. */
import { clientRefusal } from './refusal.js';

function encodingOf(bytes: Uint8Array, charset: string | undefined): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  const name = (charset ?? 'utf-8').toLowerCase();
  if (name === 'utf-8' || name === 'us-ascii') return 'utf-8';
  if (name.startsWith('utf-16')) return name === 'utf-16be' ? 'utf-16be' : 'utf-16le';
  throw clientRefusal(`the charset '${name}' is not read here; send UTF-8`, { charset: name });
}

export function decodeMessage(bytes: Uint8Array, charset: string | undefined): string {
  if (bytes.length === 0) throw clientRefusal('the request has no body');
  const encoding = encodingOf(bytes, charset);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw clientRefusal(`the request is not ${encoding.toUpperCase()} text`, { charset: encoding });
  }
}

/** Where the prolog (XML 1.0 §2.8) ends: at the document type or the root element. */
function skipProlog(text: string): number {
  let at = 0;
  for (;;) {
    while (at < text.length && ' \t\r\n\uFEFF'.includes(text[at]!)) at += 1;
    const end = text.startsWith('<?', at) ? '?>' : text.startsWith('<!--', at) ? '-->' : undefined;
    if (end === undefined) return at;
    const found = text.indexOf(end, at);
    if (found < 0) return text.length;
    at = found + end.length;
  }
}

/** SOAP 1.1 §3: a message must not contain a document type declaration. No entity is ever looked at. */
export function refuseDocumentType(text: string): void {
  if (text.startsWith('<!DOCTYPE', skipProlog(text)))
    throw clientRefusal('a SOAP message has no document type (DTD)', { found: 'DOCTYPE' });
}
