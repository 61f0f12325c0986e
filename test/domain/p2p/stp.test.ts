/** STPs and label sets by name. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IrisError } from '../../../src/domain/errors/iris-error.js';
import {
  formatLabels,
  fromOfferedVlans,
  intersectRanges,
  listLabels,
  parseLabels,
} from '../../../src/domain/p2p/labels.js';
import { formatStp, parseStp } from '../../../src/domain/p2p/stp.js';

const refusesAs = (kindName: string, work: () => unknown) =>
  assert.throws(work, (error) => {
    assert.ok(error instanceof IrisError, `${error}`);
    assert.equal(error.kindName, kindName, error.message);
    return true;
  });

describe('STPs by name', () => {
  it('are a network, a local id and labels', () => {
    assert.deepEqual(parseStp('urn:ogf:network:example.net:2026:osaka:lan1?vlan=100-199,0'), {
      networkId: 'urn:ogf:network:example.net:2026:osaka',
      localId: 'lan1',
      labels: [
        { from: 0, to: 0 },
        { from: 100, to: 199 },
      ],
    });
    assert.deepEqual(parseStp('urn:ogf:network:example.net:2026:osaka:peer+tokyo'), {
      networkId: 'urn:ogf:network:example.net:2026:osaka',
      localId: 'peer+tokyo',
    });
  });

  it('are written as they were read', () => {
    for (const text of [
      'urn:ogf:network:a:2026:b:c',
      'urn:ogf:network:a:2026:b:c?vlan=0',
      'urn:ogf:network:a:2026:b:c?vlan=5-7,9',
    ])
      assert.equal(formatStp(parseStp(text)), text);
  });

  const malformed: Record<string, string> = {
    '': 'unknownStp',
    lan1: 'unknownStp',
    'urn:ogf:network:': 'unknownStp',
    'urn:ogf:network:lan1': 'unknownStp',
    'urn:ogf:network:a:': 'unknownStp',
    'urn:ogf:network:a:b?': 'invalidLabel',
    'urn:ogf:network:a:b?vlan': 'invalidLabel',
    'urn:ogf:network:a:b?vlan=': 'invalidLabel',
    'urn:ogf:network:a:b?vlan=x': 'invalidLabel',
    'urn:ogf:network:a:b?vlan=4095': 'invalidLabel',
    'urn:ogf:network:a:b?vlan=200-100': 'invalidLabel',
    'urn:ogf:network:a:b?vlan=1,': 'invalidLabel',
    'urn:ogf:network:a:b?vlan=-1': 'invalidLabel',
    'urn:ogf:network:a:b?vlan=1&vlan=2': 'invalidLabel',
    'urn:ogf:network:a:b?mpls=16': 'unknownLabelType',
  };
  for (const [text, kindName] of Object.entries(malformed))
    it(`refuses '${text}' as ${kindName}`, () => refusesAs(kindName, () => parseStp(text)));
});

describe('label sets', () => {
  it('are ascending and disjoint, however they were written', () => {
    assert.equal(formatLabels(parseLabels('300, 100-150,140-200,201')), '100-201,300');
    assert.equal(formatLabels(fromOfferedVlans([0, '100-199', 200])), '0,100-200');
  });

  it('intersect as sets do', () => {
    const label = fc.integer({ min: 0, max: 60 });
    const set = fc.array(label, { maxLength: 20 });
    const rangesOf = (labels: number[]) => (labels.length === 0 ? [] : fromOfferedVlans(labels));
    fc.assert(
      fc.property(set, set, (a, b) => {
        const expected = [...new Set(a)].filter((one) => b.includes(one)).sort((x, y) => x - y);
        assert.deepEqual(listLabels(intersectRanges(rangesOf(a), rangesOf(b))), expected);
      }),
    );
  });
});
