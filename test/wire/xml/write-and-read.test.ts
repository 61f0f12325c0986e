import assert from 'node:assert/strict';
import fc from 'fast-check';
import { XmlDocument, type XmlElement } from 'libxml2-wasm';
import { rmsOperations } from '../../../src/wire/rms/types.js';
import { writeMessage } from '../../../src/wire/rms/write-message.js';
import { readMessage } from '../../../src/wire/xml/read-object.js';
import { escapeXml } from '../../../src/wire/xml/scalar-texts.js';
import { many, one, optional, record, scalar, some } from '../../../src/wire/xml/schema-type.js';
import { WireValueError } from '../../../src/wire/xml/wire-value-error.js';

const text = scalar('xsd:string', 'text');
const int = scalar('xsd:int', 'int');
const flag = scalar('xsd:boolean', 'boolean');
const time = scalar('xsd:dateTime', 'time');
const sample = record('SampleType', {
  first: one(text),
  count: optional(int),
  flag: optional(flag),
  at: optional(time),
  items: many('item', text),
});

const hasPath = (path: string) => (error: unknown) => error instanceof WireValueError && error.path === path;

function parsedText(xml: string): string {
  const document = XmlDocument.fromString(xml);
  try {
    return (document.get('/*/first') as XmlElement).content;
  } finally {
    document.dispose();
  }
}

describe('rms: writing', () => {
  it("follows the schema's order, whatever the order of the properties", () => {
    assert.equal(
      writeMessage('x', sample, { items: ['b', 'a'], at: new Date(0), count: 3, first: 'f', flag: false }),
      '<rms:x xmlns:rms="urn:iris:rms:1"><first>f</first><count>3</count><flag>false</flag>' +
        '<at>1970-01-01T00:00:00.000Z</at><item>b</item><item>a</item></rms:x>',
    );
  });

  it('writes any text so that a parser reads the same, what XML cannot carry as U+FFFD', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones
        const carried = value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\uFFFD');
        assert.equal(parsedText(writeMessage('x', sample, { first: value, items: [] })), carried);
      }),
    );
  });

  it('writes a lone surrogate as U+FFFD', () => {
    assert.equal(escapeXml('a\uD800b'), 'a\uFFFDb');
  });

  it('refuses what the types cannot say, with the path', () => {
    const write = (value: object) => () => writeMessage('x', sample, { first: 'f', items: [], ...value });
    assert.throws(write({ first: undefined }), hasPath('x/first'));
    assert.throws(write({ first: 5 }), hasPath('x/first'));
    assert.throws(write({ count: 1.5 }), hasPath('x/count'));
    assert.throws(write({ count: 2 ** 31 }), hasPath('x/count'));
    assert.throws(write({ flag: 'yes' }), hasPath('x/flag'));
    assert.throws(write({ at: new Date(Number.NaN) }), hasPath('x/at'));
    assert.throws(write({ items: ['a', null] }), hasPath('x/item[2]'));
    const atLeastOne = record('R', { vlans: some('vlan', int) });
    assert.throws(() => writeMessage('x', atLeastOne, { vlans: [] }), hasPath('x/vlan'));
    const segment = { key: 1, encapsulation: 'stt' };
    const criteria = { segment, vms: [], externalPorts: [], peers: [], hosts: [] };
    assert.throws(
      () => writeMessage('planReservation', rmsOperations.planReservation.request, { criteria }),
      hasPath('planReservation/criteria/segment/encapsulation'),
    );
  });
});

describe('rms: reading', () => {
  it('makes numbers, booleans, times and arrays of texts', () => {
    assert.deepEqual(
      readMessage('x', sample, { first: 'f', count: ' 3 ', flag: '1', at: '2030-01-01T09:00:00+09:00', item: 'a' }),
      { first: 'f', count: 3, flag: true, at: new Date('2030-01-01T00:00:00Z'), items: ['a'] },
    );
    assert.deepEqual(readMessage('x', sample, { first: '' }), { first: '', items: [] });
  });

  it('takes a time without a zone for UTC', () => {
    const at = (textOfTime: string) => readMessage('x', sample, { first: '', at: textOfTime }).at?.toISOString();
    assert.equal(at('2030-07-01T12:00:00'), '2030-07-01T12:00:00.000Z');
    assert.equal(at('2030-07-01T12:00:00.5'), '2030-07-01T12:00:00.500Z');
  });

  it('refuses what is not what it should be, with the path', () => {
    const read = (value: object) => () => readMessage('x', sample, { first: 'f', ...value });
    assert.throws(read({ first: undefined }), hasPath('x/first'));
    assert.throws(read({ first: ['a', 'b'] }), hasPath('x/first'));
    assert.throws(read({ count: 'abc' }), hasPath('x/count'));
    assert.throws(read({ count: '' }), hasPath('x/count'));
    assert.throws(read({ flag: 'yes' }), hasPath('x/flag'));
    assert.throws(read({ at: 'tomorrow' }), hasPath('x/at'));
    assert.throws(read({ at: '2030-02-31T00:00:00Zzz' }), hasPath('x/at'));
    assert.throws(read({ item: ['a', { deeper: 'b', $value: { no: 1 } }] }), hasPath('x/item[2]'));
  });

  it('reads the text of an element that bears attributes, and nothing that the table does not name', () => {
    const raw = { first: { attributes: { 'xsi:type': 'xsd:string' }, $value: 'f' }, other: 'o' };
    assert.deepEqual(readMessage('x', sample, raw), { first: 'f', items: [] });
    const inherited = Object.create({ first: 'inherited' }) as object;
    assert.throws(() => readMessage('x', sample, inherited), hasPath('x/first'));
  });
});
