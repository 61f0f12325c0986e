/**
 * One look over the text of a message, in linear time, before any parser has it: its size in elements and depth, and names
 * that a JavaScript library would stumble over. Names cannot be escaped in XML, so what is not seen here is not there.
 * (The same by XPath takes half a minute for a hostile megabyte.)
 */
import { clientRefusal } from './refusal.js';

const limits = { depth: 32, elements: 50_000, attributes: 64, namespaces: 64 };

// Every object has these already: `constructor`, `toString`, `__proto__` …
const poisonNames = new Set(Object.getOwnPropertyNames(Object.prototype));
// node-soap resolves them as references of SOAP encoding, which document/literal has no use for. Elsewhere they are names like others.
const references = new Set(['id', 'href']);

// XML 1.0 §2.3: S is these four; other spaces may be part of a name.
const tagName = /<([^ \t\r\n/>]*)/y;
const attribute = /[ \t\r\n]*([^ \t\r\n=/>"']+)[ \t\r\n]*=[ \t\r\n]*("[^"]*"|'[^']*')/y;
const tagEnd = /[ \t\r\n]*(\/?)>/y;

/** What is skipped as a whole, by how it begins and ends. */
const skipped = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['</', '>'],
] as const;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const lineOf = (text: string, at: number): string => String(text.slice(0, at).split('\n').length);

function refuseName(text: string, at: number, name: string): void {
  if (name.split(':').some((part) => poisonNames.has(part)))
    throw clientRefusal(`the name '${name}' is not accepted (line ${lineOf(text, at)})`, {
      name,
      line: lineOf(text, at),
    });
}

function refuseMore(what: keyof typeof limits, count: number): void {
  if (count > limits[what])
    throw clientRefusal(`there are more than ${limits[what]} ${what}`, { limit: String(limits[what]), of: what });
}

interface Tally {
  elements: number;
  namespaces: number;
}

export interface ScanOptions {
  /** The attributes `id` and `href` are let through: the message is not for node-soap. */
  references?: boolean;
}

/** Where the attributes of a start tag end. */
function scanAttributes(text: string, start: number, tally: Tally, options: ScanOptions): number {
  let at = start;
  let count = 0;
  for (;;) {
    const match = matchAt(attribute, text, at);
    if (match === null) return at;
    const [whole, name = '', value = ''] = match;
    count += 1;
    refuseMore('attributes', count);
    refuseName(text, at, name);
    if (options.references !== true && references.has(name))
      throw clientRefusal(`the name '${name}' is not accepted (line ${lineOf(text, at)})`, {
        name,
        line: lineOf(text, at),
      });
    // `xmlns=""`, which unqualified children may need each, makes no namespace.
    if (name.startsWith('xmlns') && value.length > 2) tally.namespaces += 1;
    at += whole.length;
  }
}

/** Where something that is not a start tag ends; undefined if this is one. */
function skip(text: string, at: number): number | undefined {
  for (const [begin, end] of skipped)
    if (text.startsWith(begin, at)) {
      const found = text.indexOf(end, at + begin.length);
      return found < 0 ? text.length : found + end.length;
    }
  // SOAP 1.1 §3: neither a document type nor processing instructions.
  if (text.startsWith('<!', at)) throw clientRefusal('a SOAP message has no document type (DTD)', { found: 'DOCTYPE' });
  if (text.startsWith('<?', at))
    throw clientRefusal(`a SOAP message has no processing instructions (line ${lineOf(text, at)})`);
  return undefined;
}

/** `text` without XML declaration. Throws a Refusal. What is not well-formed is left for the parser to say. */
export function scanMessage(text: string, options: ScanOptions = {}): void {
  const tally: Tally = { elements: 0, namespaces: 0 };
  let depth = 0;
  for (let at = text.indexOf('<'); at >= 0 && at < text.length; at = text.indexOf('<', at)) {
    const end = skip(text, at);
    if (end !== undefined) {
      if (text.startsWith('</', at)) depth -= 1;
      at = end;
      continue;
    }
    const [opening, name = ''] = matchAt(tagName, text, at)!;
    refuseName(text, at, name);
    tally.elements += 1;
    depth += 1;
    refuseMore('elements', tally.elements);
    refuseMore('depth', depth);
    at = scanAttributes(text, at + opening.length, tally, options);
    refuseMore('namespaces', tally.namespaces);
    const closing = matchAt(tagEnd, text, at);
    if (closing === null) continue;
    if (closing[1] === '/') depth -= 1;
    at += closing[0].length;
  }
}
