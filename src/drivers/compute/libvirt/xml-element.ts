/** Writes XML. Every text and attribute passes through the one escapeText below; what XML 1.0 cannot carry is refused. */
export type XmlContent = XmlElement | string | undefined;

export interface XmlElement {
  name: string;
  attributes: Record<string, string | number | undefined>;
  children: readonly XmlContent[];
}

export const element = (
  name: string,
  attributes: XmlElement['attributes'] = {},
  ...children: readonly XmlContent[]
): XmlElement => ({ name, attributes, children });

// XML 1.0 §2.2: the control characters that no document may contain, not even escaped.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escapeText(text: string): string {
  if (forbidden.test(text)) throw new RangeError(`a control character cannot stand in XML: ${JSON.stringify(text)}`);
  return text.replace(/[&<>"'\t\n\r]/g, (character) => entities[character]!);
}

export function toXml({ name, attributes, children }: XmlElement, indent = ''): string {
  const pairs = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const open = [name, ...pairs.map(([key, value]) => `${key}="${escapeText(String(value))}"`)].join(' ');
  const present = children.filter((child) => child !== undefined);
  if (present.length === 0) return `${indent}<${open}/>\n`;
  if (present.every((child) => typeof child === 'string'))
    return `${indent}<${open}>${present.map(escapeText).join('')}</${name}>\n`;
  const inner = present.map((child) => (typeof child === 'string' ? escapeText(child) : toXml(child, `${indent}  `)));
  return `${indent}<${open}>\n${inner.join('')}${indent}</${name}>\n`;
}
