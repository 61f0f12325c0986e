import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decidingMachine,
  finalStates,
  heardAfterwards,
  initialStates,
  messageTypes,
  type Row,
  stateTables,
} from '../../../src/domain/reservation/state-tables.js';
import {
  type ConnectionStates,
  lifecycleStates,
  provisionStates,
  reservationStates,
} from '../../../src/domain/reservation/states.js';
import { type Message, newConnectionStates, step } from '../../../src/domain/reservation/step.js';

const versions = [1, 2] as const;
const allMessages: Message[] = messageTypes.flatMap((type): Message[] =>
  type === 'reconciler.building' || type === 'reconciler.built' || type === 'reconciler.builtBeside'
    ? versions.map((version) => ({ type, version }))
    : [{ type }],
);

const refusalKinds = ['invalidTransition', 'reservationNonexistent', 'connectionGone'];

/** Steps, or stays where the message is refused. */
function take(states: ConnectionStates, ...types: (Message | Message['type'])[]): ConnectionStates {
  return types.reduce<ConnectionStates>((at, item) => {
    const message = typeof item === 'string' ? ({ type: item, version: 1 } as Message) : item;
    const result = step(at, message);
    return 'refused' in result ? at : result.states;
  }, states);
}

function explore(): Map<string, ConnectionStates> {
  const seen = new Map([[JSON.stringify(newConnectionStates), newConnectionStates]]);
  const queue = [newConnectionStates];
  for (let states = queue.pop(); states !== undefined; states = queue.pop())
    for (const message of allMessages) {
      const next = take(states, message);
      const key = JSON.stringify(next);
      if (seen.has(key)) continue;
      seen.set(key, next);
      queue.push(next);
    }
  return seen;
}

const reachable = [...explore().values()];
const held = take(newConnectionStates, 'requester.reserve', 'engine.held');
const committed = take(held, 'requester.commit', 'engine.committed');
const active = take(committed, 'requester.provision', 'reconciler.building', 'reconciler.built');

describe('state tables', () => {
  for (const [machine, rows] of Object.entries(stateTables) as [keyof typeof stateTables, readonly Row[]][]) {
    it(`${machine}: one row at most for a state and a message`, () => {
      const keys = rows.map((row) => `${row.from} ${row.on}`);
      assert.deepEqual(keys, [...new Set(keys)]);
    });
    it(`${machine}: every state can be left, except those documented as final`, () => {
      const states = new Set(rows.flatMap((row) => [row.from, row.to]));
      for (const state of states) {
        const leaves = rows.some((row) => row.from === state && row.to !== state);
        assert.equal(leaves, !(finalStates as readonly string[]).includes(state), state);
      }
    });
  }

  it('spell every state as NSI does, and none is missing', () => {
    const named = (machine: keyof typeof stateTables): Set<string> =>
      new Set((stateTables[machine] as readonly Row[]).flatMap((row) => [row.from, row.to]));
    assert.deepEqual([...named('reservation')].sort(), [...reservationStates].sort());
    assert.deepEqual([...named('provision')].sort(), [...provisionStates, 'none'].sort());
    assert.deepEqual([...named('lifecycle')].sort(), [...lifecycleStates].sort());
  });

  it('have a row for every message in the machine that decides on it', () => {
    for (const type of messageTypes) {
      const machine = decidingMachine[type];
      const tables = machine === 'any' ? Object.values(stateTables) : [stateTables[machine]];
      assert.ok(
        tables.some((rows) => (rows as readonly Row[]).some((row) => row.on === type)),
        type,
      );
    }
  });
});

describe('step', () => {
  it('starts where the tables say', () => {
    assert.equal(newConnectionStates.reservation, initialStates.reservation);
    assert.equal(newConnectionStates.lifecycle, initialStates.lifecycle);
    assert.equal(newConnectionStates.provision ?? 'none', initialStates.provision);
    assert.equal(newConnectionStates.dataPlane.active, false);
  });

  it('goes from reserve to an active data plane and back to nothing', () => {
    assert.equal(held.reservation, 'ReserveHeld');
    assert.equal(held.provision, undefined);
    assert.deepEqual([committed.reservation, committed.provision], ['ReserveStart', 'Released']);
    assert.deepEqual(active.dataPlane, { active: true, version: 1, consistent: true });
    const ended = take(active, 'requester.terminate');
    assert.deepEqual([ended.lifecycle, ended.provision, ended.dataPlane.active], ['Terminating', 'Releasing', false]);
    const over = take(ended, 'reconciler.removed');
    assert.deepEqual([over.lifecycle, over.provision], ['Terminated', 'Released']);
  });

  it('keeps a timed-out hold in ReserveTimeout when commit comes late, and lets abort out of it', () => {
    const late = take(held, 'timer.holdTimeout');
    const refusal = step(late, { type: 'requester.commit' });
    assert.ok('refused' in refusal);
    assert.equal(refusal.refused, 'invalidTransition');
    assert.equal(refusal.variables.reservationState, 'ReserveTimeout');
    assert.equal(take(late, 'requester.abort', 'engine.aborted').reservation, 'ReserveStart');
  });

  it('returns from an aborted or timed-out modification to the version in force, built as it was', () => {
    const modifying = take(active, 'requester.reserve', 'engine.held');
    assert.deepEqual(take(modifying, 'requester.abort', 'engine.aborted'), active);
    assert.deepEqual(take(modifying, 'timer.holdTimeout', 'requester.abort', 'engine.aborted'), active);
    assert.deepEqual(modifying.dataPlane, active.dataPlane);
  });

  it('lets go of replaced versions when the new one is built, removed or waits, and at no other time', () => {
    const letsGo = (states: ConnectionStates, type: Message['type']): boolean => {
      const result = step(states, { type, version: 1 } as Message);
      return 'outputs' in result && result.outputs.includes('dropReplaced');
    };
    const expected = ['reconciler.awaitingStart', 'reconciler.built', 'reconciler.removed'];
    for (const states of reachable)
      for (const { type } of allMessages) if (letsGo(states, type)) assert.ok(expected.includes(type), type);
    assert.deepEqual(
      expected.map((type) => letsGo(active, type as Message['type'])),
      [true, true, false],
    );
    assert.ok(letsGo(take(active, 'requester.release'), 'reconciler.removed'));
  });

  it('sees to a new version in every state in which it can be committed', () => {
    for (const states of reachable.filter(
      (s) => s.reservation === 'ReserveCommitting' && s.lifecycle === 'Created' && s.provision !== undefined,
    )) {
      const result = step(states, { type: 'engine.committed' });
      assert.ok('outputs' in result);
      const wanted = states.provision!.startsWith('Provision') ? 'build' : 'tearDown';
      assert.ok(result.outputs.includes(wanted), JSON.stringify(states));
    }
  });

  it('releases what could not be built', () => {
    const failing = take(committed, 'requester.provision', 'reconciler.building', 'reconciler.failed');
    assert.equal(failing.provision, 'Provisioning');
    assert.equal(failing.dataPlane.consistent, false);
    assert.equal(take(failing, 'requester.release', 'reconciler.removed').provision, 'Released');
  });

  it('drops a hold at the end time and when it is terminated', () => {
    for (const type of ['timer.endTime', 'requester.terminate'] as const) {
      const result = step(held, { type });
      assert.ok('outputs' in result);
      assert.ok(result.outputs.includes('dropHold'), type);
      assert.notEqual(result.states.reservation, 'ReserveHeld');
    }
  });

  it('answers 00203 for what does not exist, 00204 for what is terminated, 00201 for the rest', () => {
    const kindOf = (states: ConnectionStates | undefined, message: Message): string => {
      const result = step(states, message);
      return 'refused' in result ? result.refused : 'accepted';
    };
    assert.equal(kindOf(undefined, { type: 'requester.commit' }), 'reservationNonexistent');
    const over = take(active, 'requester.terminate', 'reconciler.removed');
    assert.equal(kindOf(over, { type: 'requester.terminate' }), 'connectionGone');
    assert.equal(kindOf(over, { type: 'requester.provision' }), 'connectionGone');
    assert.equal(kindOf(take(active, 'timer.endTime'), { type: 'requester.provision' }), 'invalidTransition');
    assert.equal(kindOf(held, { type: 'requester.provision' }), 'invalidTransition');
  });

  it('explored whole: hundreds of states, each leads to Terminated', () => {
    assert.ok(reachable.length > 100, `only ${reachable.length} reachable`);
    for (const states of reachable) {
      const end = take(states, 'requester.terminate', 'reconciler.removed');
      assert.equal(end.lifecycle, 'Terminated', JSON.stringify(states));
    }
  });

  it('explored whole: the data plane is active only while provisioned and created', () => {
    for (const states of reachable)
      if (states.dataPlane.active)
        assert.deepEqual([states.provision, states.lifecycle], ['Provisioned', 'Created'], JSON.stringify(states));
  });

  it('explored whole: once it is over, only removal and terminate change anything', () => {
    for (const states of reachable.filter((s) => s.lifecycle !== 'Created'))
      for (const message of allMessages.filter((m) => !heardAfterwards.has(m.type)))
        assert.ok('refused' in step(states, message), `${message.type} in ${JSON.stringify(states)}`);
  });

  it('any sequence: refusals change nothing and are of three kinds; changes tell exactly what changed', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...allMessages), { maxLength: 60 }), (sequence) => {
        let states = newConnectionStates;
        for (const message of sequence) {
          const before = structuredClone(states);
          const result = step(states, message);
          assert.deepEqual(states, before, 'the input is left alone');
          if ('refused' in result) {
            assert.ok(refusalKinds.includes(result.refused));
            assert.equal(result.variables.reservationState, states.reservation);
            assert.equal(result.variables.lifecycleState, states.lifecycle);
            continue;
          }
          const told = Object.fromEntries(result.changes.map((change) => [change.machine, [change.from, change.to]]));
          const differs = (machine: string, from: string, to: string): void =>
            assert.deepEqual(told[machine], from === to ? undefined : [from, to], machine);
          differs('reservation', states.reservation, result.states.reservation);
          differs('provision', states.provision ?? 'none', result.states.provision ?? 'none');
          differs('lifecycle', states.lifecycle, result.states.lifecycle);
          const plane = (s: ConnectionStates): string => (s.dataPlane.active ? 'active' : 'inactive');
          differs('dataPlane', plane(states), plane(result.states));
          states = result.states;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('any sequence: a hold is taken and given back in turn, never twice', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...allMessages), { maxLength: 60 }), (sequence) => {
        let states = newConnectionStates;
        let holding = false;
        for (const message of sequence) {
          const result = step(states, message);
          if ('refused' in result) continue;
          if (message.type === 'engine.held') {
            assert.equal(holding, false);
            holding = true;
          }
          const ends = result.outputs.filter((output) => output === 'dropHold' || output === 'commitHold');
          assert.ok(ends.length <= 1);
          if (ends.length === 1) {
            assert.equal(holding, true);
            holding = false;
          }
          states = result.states;
          assert.equal(holding, states.reservation === 'ReserveHeld');
        }
      }),
      { numRuns: 500 },
    );
  });
});
