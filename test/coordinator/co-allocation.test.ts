/** The machine itself, fed with events in any order: it never commits without all holds, and never ends with some sites only. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Action,
  beginCoAllocation,
  type CoAllocation,
  decide,
  type Event,
} from '../../src/coordinator/co-allocation.js';

const fault = { id: '00705', code: 'CAPACITY_UNAVAILABLE', text: 'none', variables: {} };
const takenKey = { id: '00704', code: 'STP_UNAVAILABLE', text: 'taken', variables: { segmentKey: '1' } };

/** What a site may answer to an action; `luck` decides. */
function answer(action: Action, luck: number): Event[] {
  switch (action.type) {
    case 'chooseKey':
      return [luck > 0.9 ? { type: 'noKeyLeft', fault } : { type: 'keyChosen', segmentKey: action.except.length + 1 }];
    case 'record':
      return [{ type: 'recorded', what: action.what }];
    case 'reserve': {
      const reserved: Event = { type: 'reserved', site: action.site, connectionId: `${action.site}-${action.attempt}` };
      if (luck > 0.85) return [{ type: 'refused', site: action.site, fault }];
      if (luck > 0.7) return [{ type: 'refused', site: action.site, fault: takenKey }];
      return [reserved, { type: 'held', site: action.site }];
    }
    case 'commit':
      return [
        luck > 0.8 ? { type: 'commitFailed', site: action.site, fault } : { type: 'committed', site: action.site },
      ];
    case 'undo':
      return [{ type: 'undone', site: action.site }];
    case 'awaitProvisioned':
      if (luck > 0.9) return [{ type: 'provisionFailed', site: action.site, fault, forGood: true }];
      return [
        luck > 0.8 ? { type: 'provisionFailed', site: action.site, fault } : { type: 'provisioned', site: action.site },
      ];
  }
}

type SiteTruth = 'nothing' | 'held' | 'committed';

/** Plays a whole co-allocation; `draw` picks whose answer comes next, and how it is. */
function play(sites: string[], draw: () => number): { state: CoAllocation; truth: Map<string, SiteTruth> } {
  const truth = new Map<string, SiteTruth>(sites.map((site) => [site, 'nothing']));
  let { state, actions } = beginCoAllocation({ id: 'x', sites, maxAttempts: 3, awaitProvisioned: true });
  let pending: Event[][] = [];
  const perform = (action: Action): void => {
    if (action.type === 'commit') {
      assert.ok(
        [...truth.values()].every((held) => held !== 'nothing'),
        'commit is sent only where all sites hold',
      );
      assert.equal(state.phase, 'committing');
    }
    pending.push(answer(action, draw()));
  };
  actions.forEach(perform);
  while (pending.length > 0) {
    const index = Math.floor(draw() * pending.length);
    const event = pending[index]!.shift()!;
    pending = pending.filter((events) => events.length > 0);
    if (event.type === 'held') truth.set(event.site, 'held');
    if (event.type === 'committed') truth.set(event.site, 'committed');
    if (event.type === 'undone') truth.set(event.site, 'nothing');
    // A wish to stop may come before any answer.
    const events: Event[] = draw() > 0.97 ? [{ type: 'cancelled' }, event] : [event];
    for (const next of events) {
      ({ state, actions } = decide(state, next));
      actions.forEach(perform);
    }
  }
  return { state, truth };
}

describe('the co-allocation machine', () => {
  it('ends with all sites committed or with nothing anywhere, in whatever order answers come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        (names, stream) => {
          const sites = [...new Set(names)];
          const { state, truth } = play(sites, () => stream.next().value);
          assert.equal(state.phase, 'ended');
          const firm = ['provisioned', 'provisionFailed', 'committed'].includes(state.outcome!);
          for (const held of truth.values()) assert.equal(held, firm ? 'committed' : 'nothing', state.outcome);
        },
      ),
      { numRuns: 300 },
    );
  });
});
