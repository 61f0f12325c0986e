/** XML of our own samples as a tree that can be bent: no entities, comments or CDATA in it. */

export interface XmlTree {
  tag: string;
  /** ` a="1" b="2"`, as written. */
  attributes: string;
  children: (XmlTree | string)[];
}

const token = /<(\/?)([^\s/>]+)((?:\s+[^\s=>]+="[^"]*")*)\s*(\/?)>|([^<]+)/g;

export function parseTree(xml: string): XmlTree {
  const root: XmlTree = { tag: '', attributes: '', children: [] };
  const open: XmlTree[] = [root];
  for (const [, closing, tag, attributes, empty, text] of xml.replace(/^<\?xml[^>]*\?>/, '').matchAll(token)) {
    const parent = open.at(-1)!;
    if (text !== undefined) parent.children.push(text);
    else if (closing === '/') open.pop();
    else {
      const element: XmlTree = { tag: tag!, attributes: attributes!, children: [] };
      parent.children.push(element);
      if (empty !== '/') open.push(element);
    }
  }
  return root.children.find((child) => typeof child !== 'string') as XmlTree;
}

export const printTree = (tree: XmlTree | string): string =>
  typeof tree === 'string'
    ? tree
    : `<${tree.tag}${tree.attributes}>${tree.children.map(printTree).join('')}</${tree.tag}>`;

/** Every element below, the root first, each with what holds it. */
export function* walkTree(
  tree: XmlTree,
  parent?: XmlTree,
): Generator<{ element: XmlTree; parent: XmlTree | undefined }> {
  yield { element: tree, parent };
  for (const child of tree.children) if (typeof child !== 'string') yield* walkTree(child, tree);
}
