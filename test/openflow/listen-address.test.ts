import assert from 'node:assert/strict';
import { describeAddress, parseListenAddress } from '../../src/openflow/listen-address.js';

describe('listen addresses', () => {
  for (const text of [
    'tcp:127.0.0.1:6653',
    'tcp:[::1]:6653',
    'ssl:127.0.0.1:6653',
    'ssl:[fd00::1]:6653',
    'unix:/run/openvswitch/iris.ctl',
  ]) {
    it(`reads ${text} and writes it again`, () => {
      const address = parseListenAddress(text);
      assert.ok(address !== undefined);
      assert.equal(describeAddress(address), text);
    });
  }

  for (const text of [
    '',
    'unix:',
    'tcp:6653',
    'tcp:host:',
    'tcp:host:65536',
    'ssl:host:65536',
    'pssl:host:6653',
    'tcp:a:b:1',
  ]) {
    it(`does not take "${text}" for one`, () => assert.equal(parseListenAddress(text), undefined));
  }
});
