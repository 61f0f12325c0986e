/** What nodes are given alike is there once for all of them: in plans, and as switches are given it. */
import assert from 'node:assert/strict';
import { deriveListedEntries } from '../../../src/domain/registry/listed-entries.js';
import { flowsOf, type ResolvedFlow, resolve } from '../../../src/drivers/network/ovs/resolve.js';
import { compile } from '../../../src/drivers/network/plan/compile.js';
import type { NodePlan } from '../../../src/drivers/network/plan/node-plan.js';
import { instances } from './example-vi.js';
import { testInstance, toSite, toVi } from './sites.js';

const site = toSite({ name: 's', number: 1, computeNodes: 3 });
/** Of the second and the third of three nodes. `elsewhere`: machines on the first. */
const toPlans = (elsewhere: number, instance = testInstance): NodePlan[] => {
  const vi = toVi({ viNumber: 1, key: 7, vmNodes: [...Array(elsewhere).fill('s-n1'), 's-n2', 's-n3'] });
  const entries = deriveListedEntries(vi, site, new Date(0)).map((entry) => ({ entry, confirmed: true }));
  return compile(vi, site, { instance, entries }).slice(1);
};

const countOf = (lists: readonly (readonly unknown[])[]): number => lists.flat().length;

/** Other numbers on each switch. */
const resolvedOf = (plan: NodePlan, firstPort: number): ResolvedFlow[] => {
  const names = [...plan.vmPorts, ...plan.tunnels.map((tunnel) => tunnel.portName)];
  return flowsOf(resolve(plan, new Map(names.map((name, index) => [name, firstPort + index])), 'switch'));
};

function countAlike(elsewhere: number) {
  const [here, there] = toPlans(elsewhere);
  const resolved = { here: resolvedOf(here!, 1), there: new Set(resolvedOf(there!, 11)) };
  const [alike, own] = [true, false].map((isAlike) =>
    here!.parts.filter((part) => there!.parts.includes(part) === isAlike),
  );
  return {
    alike: countOf(alike!),
    own: countOf(own!),
    resolvedAlike: resolved.here.filter((flow) => resolved.there.has(flow)).length,
    resolvedOwn: resolved.here.filter((flow) => !resolved.there.has(flow)).length,
  };
}

describe('flows that nodes are given alike', () => {
  it('are there once: of a machine elsewhere a node has one flow of its own, the one that names its tunnel', () => {
    const few = countAlike(3);
    const more = countAlike(8);
    assert.equal(more.own - few.own, 5);
    assert.equal(more.resolvedOwn - few.resolvedOwn, 5);
    // Two claims, an answer and what is excepted from it, and the drop of what came by the wrong mesh.
    assert.equal(more.alike - few.alike, 5 * 5);
    assert.equal(more.resolvedAlike - few.resolvedAlike, 5 * 5);
  });

  it('bear the cookie of the site instance that they are resolved for', () => {
    const vi = toVi({ viNumber: 1, key: 7, vmNodes: ['s-n2', 's-n3'] });
    const entries = deriveListedEntries(vi, site, new Date(0)).map((entry) => ({ entry, confirmed: true }));
    for (const instance of [testInstance, instances.osaka, testInstance]) {
      const [plan] = compile(vi, site, { instance, entries });
      const cookies = new Set(resolvedOf(plan!, 1).map(({ cookie }) => cookie));
      assert.deepEqual([...cookies], [plan!.cookie]);
    }
  });
});
