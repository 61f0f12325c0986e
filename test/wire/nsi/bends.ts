/** Ways to bend one element of a message: some leave it valid, most do not. Each gives another message, or nothing where it does not apply. */
import { parseTree, printTree, walkTree, type XmlTree } from './xml-tree.js';

type Bend = (element: XmlTree, parent: XmlTree) => boolean;

const isLeaf = (element: XmlTree): boolean => element.children.every((child) => typeof child === 'string');

const replaceText =
  (text: string): Bend =>
  (element) => {
    if (!isLeaf(element)) return false;
    element.children = [text];
    return true;
  };

const addAttribute =
  (attributes: string): Bend =>
  (element) => {
    // The same attribute twice would not be well-formed.
    const name = attributes.slice(attributes.lastIndexOf(' ') + 1).replace(/^[^:=]*:/, '');
    if (element.attributes.includes(name.slice(0, name.indexOf('=')))) return false;
    element.attributes += ` ${attributes}`;
    return true;
  };

const addChild =
  (child: XmlTree | string, where: 'first' | 'last'): Bend =>
  (element) => {
    element.children = where === 'first' ? [child, ...element.children] : [...element.children, child];
    return true;
  };

const stranger: XmlTree = { tag: 'stranger', attributes: '', children: ['x'] };
const foreigner: XmlTree = { tag: 'f:foreigner', attributes: ' xmlns:f="urn:foreign"', children: ['x'] };

export const bends: Readonly<Record<string, Bend>> = {
  removed: (element, parent) => {
    parent.children.splice(parent.children.indexOf(element), 1);
    return true;
  },
  doubled: (element, parent) => {
    parent.children.splice(parent.children.indexOf(element), 0, structuredClone(element));
    return true;
  },
  swapped: (element, parent) => {
    const at = parent.children.indexOf(element);
    const next = parent.children[at + 1];
    if (next === undefined) return false;
    parent.children.splice(at, 2, next, element);
    return true;
  },
  renamed: (element) => {
    element.tag += 'X';
    return true;
  },
  qualified: (element) => {
    element.attributes += ' xmlns="urn:somewhere"';
    return !element.tag.includes(':');
  },
  unqualified: (element) => {
    const [, bare] = element.tag.split(':');
    if (bare !== undefined) element.tag = bare;
    return bare !== undefined;
  },
  emptied: (element) => {
    const was = element.children.length;
    element.children = [];
    return was > 0;
  },
  'without attributes': (element) => {
    const was = element.attributes;
    element.attributes = was.replaceAll(/ (?!xmlns)[^\s=]+="[^"]*"/g, '');
    return was !== element.attributes;
  },
  'with another attribute': addAttribute('another="1"'),
  'with a foreign attribute': addAttribute('xmlns:f="urn:foreign" f:another="1"'),
  nil: addAttribute('xmlns:nil="http://www.w3.org/2001/XMLSchema-instance" nil:nil="true"'),
  'of another type': addAttribute(
    'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="http://www.w3.org/2001/XMLSchema" i:type="x:int"',
  ),
  'with text': addChild('text', 'first'),
  'with a stranger first': addChild(stranger, 'first'),
  'with a stranger last': addChild(stranger, 'last'),
  'with a foreigner first': addChild(foreigner, 'first'),
  'with a foreigner last': addChild(foreigner, 'last'),
  'as a word': replaceText('word'),
  'as a number': replaceText('42'),
  'as a negative number': replaceText('-1'),
  'as a huge number': replaceText('99999999999999999999'),
  'as a long': replaceText('9223372036854775807'),
  'as true': replaceText('true'),
  'as a time': replaceText('2031-02-03T04:05:06Z'),
  'as a time without zone': replaceText('2031-02-03T04:05:06'),
  'as a uuid': replaceText('urn:uuid:00000000-1111-2222-3333-444444444444'),
  'as a uuid in capitals': replaceText('urn:uuid:AAAAAAAA-1111-2222-3333-444444444444'),
  'as a state': replaceText('Terminated'),
  'with spaces around': (element) => {
    if (!isLeaf(element)) return false;
    element.children = [' ', ...element.children, '\n'];
    return true;
  },
};

export interface Bent {
  /** `criteria removed` */
  what: string;
  xml: string;
}

/** All bends of all elements below the root. */
export function* bendAll(xml: string): Generator<Bent> {
  const count = [...walkTree(parseTree(xml))].length;
  for (let index = 1; index < count; index += 1)
    for (const [name, bend] of Object.entries(bends)) {
      const tree = parseTree(xml);
      const { element, parent } = [...walkTree(tree)][index]!;
      const { tag } = element;
      if (bend(element, parent!)) yield { what: `${tag} ${name}`, xml: printTree(tree) };
    }
}
