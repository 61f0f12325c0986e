/** A message with something changed at random: in its text, in its elements, or cut and pasted from another. Reproducible from its seed. */
import { bends } from '../../wire/nsi/bends.js';
import { parseTree, printTree, walkTree, type XmlTree } from '../../wire/nsi/xml-tree.js';

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Random = () => number;
const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const oneOf = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)]!;

const snippets = [
  '<',
  '>',
  '&',
  '"',
  "'",
  '&amp;',
  '&#0;',
  '&lol;',
  ']]>',
  '<![CDATA[',
  '<!--',
  '<?x?>',
  '<!DOCTYPE a>',
  '\u0000',
  '\uFFFF',
  ' ',
  '\n',
  '0',
  '-1',
  '99999999999999999999',
  'xmlns=""',
  'xmlns:x="urn:x"',
  ' id="__proto__"',
  ' href="#a"',
  '<x/>',
  '<__proto__/>',
  'true',
  'nil',
  'Ω',
  '💥',
  'A'.repeat(5000),
];

const splice = (random: Random, text: string, insert: string, most: number): string => {
  const at = below(random, text.length + 1);
  return text.slice(0, at) + insert + text.slice(at + below(random, most));
};

const bendNames = Object.keys(bends);

function bendSomething(random: Random, xml: string): string {
  const tree = parseTree(xml);
  const places = [...walkTree(tree)].slice(1);
  const { element, parent } = oneOf(random, places);
  bends[oneOf(random, bendNames)]!(element, parent!);
  return printTree(tree);
}

function transplant(random: Random, xml: string, other: string): string {
  const tree = parseTree(xml);
  const donor = oneOf(random, [...walkTree(parseTree(other))]).element;
  const { element } = oneOf(random, [...walkTree(tree)]);
  element.children.splice(below(random, element.children.length + 1), 0, donor);
  return printTree(tree);
}

function repeat(random: Random, xml: string): string {
  const tree = parseTree(xml);
  const { element, parent } = oneOf(random, [...walkTree(tree)].slice(1));
  const length = Math.ceil(Math.min(oneOf(random, [2, 50, 2000]), largest / printTree(element).length));
  const copies: XmlTree[] = Array.from({ length }, () => element);
  parent!.children.push(...copies);
  return printTree(tree);
}

function nest(random: Random, xml: string): string {
  const tree = parseTree(xml);
  const { element } = oneOf(random, [...walkTree(tree)]);
  let inside: XmlTree = { tag: 'deep', attributes: '', children: [] };
  for (let depth = oneOf(random, [5, 40, 3000]); depth > 0; depth -= 1)
    inside = { tag: 'd:deep', attributes: ' xmlns:d="urn:deep"', children: [inside] };
  // Printing recurses as deep as it nests.
  element.children.push(inside);
  return printTree(tree);
}

/** Beyond this a message is refused by its size alone; some should be. */
const largest = 1_500_000;
/** What has grown beyond this is changed in its text only. */
const largestTree = 100_000;

const textual = 5;
const mutations: readonly ((random: Random, xml: string, other: string) => string)[] = [
  (random, xml) => splice(random, xml, oneOf(random, snippets), 1),
  (random, xml) => splice(random, xml, '', 40),
  (random, xml) => splice(random, xml, String.fromCodePoint(below(random, 0xd7ff)), 2),
  (random, xml, other) => xml.slice(0, below(random, xml.length)) + other.slice(below(random, other.length)),
  (random, xml) => xml.slice(0, below(random, xml.length)),
  bendSomething,
  bendSomething,
  transplant,
  repeat,
  nest,
];

/** `corpus`: sound messages. */
export function mutate(seed: number, corpus: readonly string[]): string {
  const random = createRandom(seed);
  let text = oneOf(random, corpus);
  // What text was changed in is no tree any more: the next change is one of text, too.
  for (let count = 1 + below(random, 3); count > 0; count -= 1) {
    const change = oneOf(random, text.length > largestTree ? mutations.slice(0, textual) : mutations);
    try {
      text = change(random, text, oneOf(random, corpus));
    } catch {
      text = splice(random, text, oneOf(random, snippets), 5);
    }
  }
  return text;
}
