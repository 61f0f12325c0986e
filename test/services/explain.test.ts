/** Who may ask for the way of a frame, and what is refused with which words. */
import assert from 'node:assert/strict';
import type { Engine } from '../../src/services/engine.js';
import {
  becomes,
  call,
  isActive,
  openSite,
  operator,
  refusalOf,
  request,
  reservationOf,
  type SiteUnderTest,
} from './site-under-test.js';

describe('explain', function () {
  this.timeout(60_000);
  let iris: SiteUnderTest;
  let engine: Engine | undefined;
  let connectionId: string;
  let macs: string[];
  before(async () => {
    iris = await openSite();
    engine = await iris.startEngine();
    ({ connectionId } = await iris.provider.reserve(call(), request({}, { autoProvision: true })));
    await iris.provider.commit(call(), connectionId);
    await becomes(iris, connectionId, 'stands', isActive);
    const { committed } = await reservationOf(iris, connectionId);
    macs = committed!.placed.vms.map(({ nics }) => nics[0]!.mac);
  });
  after(() => iris?.close());

  const ask = (from: string, to: string, { vlan = 0, by = call(), id = connectionId } = {}) =>
    iris.provider.explain(by, id, { from, to, vlan });

  it('tells the holder and the operator', async () => {
    for (const by of [call(), operator()]) {
      const { outcome, tenant, segmentKey, steps } = await ask(macs[0]!, macs[1]!, { by });
      assert.match(outcome, /^goes to VM /);
      assert.deepEqual([tenant, segmentKey], ['alpha', 4711]);
      for (const rule of steps.flatMap(({ rules }) => rules)) assert.equal(rule.connectionId, connectionId);
    }
  });

  it('does not tell another tenant that there is such a reservation', async () => {
    const refusal = await refusalOf(ask(macs[0]!, macs[1]!, { by: call({ tenant: 'beta' }) }));
    assert.equal(refusal.kind.id, '00203');
  });

  it('says who is not known, who is, and in which VLAN', async () => {
    const nobody = '52:54:00:ff:ff:ff';
    for (const [from, to] of [
      [nobody, macs[0]!],
      [macs[0]!, nobody],
    ] as const) {
      const { kind, what, variables } = await refusalOf(ask(from, to));
      assert.deepEqual([kind.id, variables.mac], ['00100', nobody]);
      assert.ok(what.includes(`${nobody} is not known in VLAN 0`) && what.includes(`${macs[1]} (VLAN 0)`), what);
    }
    assert.match((await refusalOf(ask(macs[0]!, macs[1]!, { vlan: 7 }))).what, /in VLAN 7 .*: it is in VLAN 0$/);
    assert.match((await refusalOf(ask(macs[0]!, macs[0]!))).what, /sends itself no frames/);
  });

  it('takes a group address', async () => {
    assert.match((await ask(macs[0]!, 'ff:ff:ff:ff:ff:ff')).outcome, /site tokyo/);
  });

  it('refuses where nothing stands, or nothing is kept by this process', async () => {
    const criteria = { segment: { key: 1, encapsulation: 'gre' as const } };
    const { connectionId: held } = await iris.provider.reserve(call(), request(criteria));
    const refusal = await refusalOf(ask(macs[0]!, macs[1]!, { id: held }));
    assert.deepEqual([refusal.kind.id, /nothing of .* stands/.test(refusal.what)], ['00200', true]);
    await engine!.stop();
    await iris.network.adopt([]);
    const elsewhere = await refusalOf(ask(macs[0]!, macs[1]!));
    assert.deepEqual([elsewhere.kind.id, /cannot be followed here/.test(elsewhere.what)], ['00200', true]);
  });
});
