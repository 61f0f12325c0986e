import assert from 'node:assert/strict';
import fc from 'fast-check';
import { element, toXml } from '../../../../src/drivers/compute/libvirt/xml-element.js';
import { readXml } from '../../../../src/drivers/compute/libvirt/xml-reader.js';

// XML 1.0 §2.2 Char, without the surrogates that no well-formed string has alone.
const xmlText = fc
  .string({ unit: 'grapheme' })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ones that XML cannot carry
  .filter((text) => text.trim() !== '' && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text));

describe('XML element', () => {
  it('writes attributes and children, and leaves out what is undefined', () => {
    const tree = element('a', { x: 1, y: undefined }, element('b'), undefined, element('c', {}, 'text'));
    assert.equal(toXml(tree), '<a x="1">\n  <b/>\n  <c>text</c>\n</a>\n');
  });

  it('nothing that is put into it can become markup', async () => {
    await fc.assert(
      fc.asyncProperty(xmlText, xmlText, async (attribute, text) => {
        const read = await readXml(toXml(element('a', { x: attribute }, element('b', {}, text))));
        assert.equal(read.attribute('x'), attribute);
        assert.equal(read.child('b')?.text, text);
      }),
    );
  });

  it('refuses what XML cannot carry', () => {
    for (const text of ['\u0000', 'a\u001bb', '\uffff'])
      assert.throws(() => toXml(element('a', { x: text })), RangeError, JSON.stringify(text));
  });
});
