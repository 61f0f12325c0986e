import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createJsonFramer } from '../../../src/wire/ovsdb/json-framing.js';
import { WireError } from '../../../src/wire/wire-error.js';

const framed = (chunks: readonly Uint8Array[], limitBytes = 1 << 20): unknown[] => {
  const framer = createJsonFramer(limitBytes);
  return chunks.flatMap((chunk) => framer.push(chunk));
};

describe('framing of JSON', () => {
  it('finds the objects of a stream wherever it is cut', () => {
    const objects = fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), { maxLength: 5 });
    fc.assert(
      fc.property(objects, fc.array(fc.nat({ max: 200 })), fc.constantFrom('', '\n', ' \t'), (given, cuts, between) => {
        const bytes = Buffer.from(given.map((object) => JSON.stringify(object)).join(between));
        const ends = [...new Set([...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        assert.deepEqual(framed(chunks), JSON.parse(JSON.stringify(given)));
      }),
    );
  });

  it('takes braces and quotes in strings for what they are', () => {
    const tricky = { a: '}{"\\', b: ['\\"', '{'] };
    assert.deepEqual(framed([Buffer.from(JSON.stringify(tricky))]), [tricky]);
  });

  it('says where a stream is no object, no JSON, or too long', () => {
    const fails = (text: string, offset: number, limitBytes?: number) =>
      assert.throws(
        () => framed([Buffer.from(text)], limitBytes),
        (error: unknown) => error instanceof WireError && error.offset === offset,
      );
    fails('{} x', 3);
    fails('[1]', 0);
    fails('{"a":}', 0);
    fails(`{"a":"${'x'.repeat(100)}`, 106, 50);
  });
});
