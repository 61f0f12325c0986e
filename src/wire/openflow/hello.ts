/** The elements of a HELLO, OpenFlow 1.3.5 §7.5.1, and what two sides agree on. */

import type { ReadBy } from '../binary/codec.js';
import { list, u32 } from '../binary/codec.js';
import { taggedUnion } from '../binary/tagged-union.js';

/** The version that we speak. */
export const openflow13 = 0x04;

export const helloElement = taggedUnion(
  { versionbitmap: { number: 1, fields: { bitmaps: list(u32) } } },
  { alignment: 8, lengthCountsPadding: false },
);

type HelloElement = ReadBy<typeof helloElement>;

/** The elements that offer exactly OpenFlow 1.3. */
export const ourHelloElements = [{ type: 'versionbitmap' as const, bitmaps: [1 << openflow13] }];

/** Whether a peer whose HELLO carried this header version and these elements can speak OpenFlow 1.3 with us. */
export function speaksOpenflow13(headerVersion: number, elements: readonly HelloElement[]): boolean {
  for (const element of elements) {
    if (element.type === 'versionbitmap') return ((element.bitmaps[0] ?? 0) & (1 << openflow13)) !== 0;
  }
  return headerVersion >= openflow13;
}
