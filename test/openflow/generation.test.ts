/** Generation ids are a circle: which of two is newer is the sign of their distance (OpenFlow 1.3.5 §6.3.6). */
import assert from 'node:assert/strict';
import { isNewer } from '../../src/openflow/roles.js';

describe('generation ids', () => {
  const largest = 0xffff_ffff_ffff_ffffn;
  for (const { generation, than, newer } of [
    { generation: 2n, than: 1n, newer: true },
    { generation: 1n, than: 1n, newer: false },
    { generation: 1n, than: 2n, newer: false },
    { generation: 0n, than: largest, newer: true },
    { generation: largest, than: 0n, newer: false },
  ])
    it(`${generation} is ${newer ? '' : 'not '}newer than ${than}`, () => {
      assert.equal(isNewer(generation, than), newer);
    });
});
