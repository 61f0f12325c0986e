/** A document as a tree of elements with attributes, for what has no table of its own. Pure. */
import { escapeXml } from './scalar-texts.js';

export interface XmlTree {
  tag: string;
  attributes?: Readonly<Record<string, string>>;
  /** Elements, or a text. */
  content?: readonly XmlTree[] | string;
}

export function writeTree({ tag, attributes = {}, content = [] }: XmlTree, indent = ''): string {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeXml(value)}"`);
  const head = `${indent}<${tag}${written.join('')}`;
  if (typeof content === 'string') return `${head}>${escapeXml(content)}</${tag}>\n`;
  if (content.length === 0) return `${head}/>\n`;
  return `${head}>\n${content.map((child) => writeTree(child, `${indent}  `)).join('')}${indent}</${tag}>\n`;
}

export const writeDocument = (root: XmlTree): string => `<?xml version="1.0" encoding="UTF-8"?>\n${writeTree(root)}`;
