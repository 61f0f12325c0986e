/** The notations of RFC 7047 §5.1, with examples as a server sends them. */
import assert from 'node:assert/strict';
import { toRpcMessage } from '../../../src/wire/ovsdb/messages.js';
import { fromMap, fromOptional, fromSet, fromUuidSet, toMap, toSet, toUuid } from '../../../src/wire/ovsdb/values.js';
import { WireError } from '../../../src/wire/wire-error.js';

const uuid = '2f77b348-9768-4866-b761-89d5177ecda0';

describe('values of OVSDB', () => {
  it('reads sets of none, one and many', () => {
    assert.deepEqual(fromSet(['set', []]), []);
    assert.deepEqual(fromSet('OpenFlow13'), ['OpenFlow13']);
    assert.deepEqual(fromSet(toSet([1, 2])), [1, 2]);
    assert.deepEqual(fromSet(undefined), []);
  });

  it('reads references', () => {
    assert.deepEqual(fromUuidSet(toUuid(uuid)), [uuid]);
    assert.deepEqual(fromUuidSet(['set', [toUuid(uuid), toUuid('b')]]), [uuid, 'b']);
    assert.deepEqual(fromUuidSet(['set', []]), []);
  });

  it('reads optional columns', () => {
    assert.equal(fromOptional(-1), -1);
    assert.equal(fromOptional(['set', []]), undefined);
  });

  it('reads back the maps that it writes', () => {
    const map = { 'iris-vi': 'a', key: 'flow' };
    assert.deepEqual(fromMap(toMap(map)), map);
    assert.deepEqual(fromMap(['set', []]), {});
  });
});

describe('messages of OVSDB', () => {
  it('tells requests, notifications and replies apart', () => {
    assert.equal(toRpcMessage({ id: 'echo', method: 'echo', params: [] }).kind, 'request');
    assert.equal(toRpcMessage({ id: null, method: 'update', params: [null, {}] }).kind, 'notification');
    assert.deepEqual(toRpcMessage({ id: 3, result: [{}], error: null }), {
      kind: 'reply',
      id: 3,
      result: [{}],
      error: null,
    });
  });

  it('refuses what is none of them', () => {
    assert.throws(() => toRpcMessage({ result: 1 }), WireError);
    assert.throws(() => toRpcMessage({ id: 1, method: 'update', params: {} }), WireError);
  });
});
