/** Thirty cycles of the soak, with two Iris on one database; and that its comparison would have seen what it is there to see. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare } from '../../../src/testbed/soak/comparison.js';
import { createDice } from '../../../src/testbed/soak/dice.js';
import { runSoak } from '../../../src/testbed/soak/soak.js';
import { createLedger, note } from '../../../src/testbed/soak/told.js';
import type { WireReservation } from '../../../src/wire/rms/types.js';

describe('soak', function () {
  this.timeout(300_000);

  it('thirty cycles under kill -9 and SIGSTOP: nothing lost, nothing twice, nothing left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'iris-test-soak-'));
    const options = { cycles: 30, seed: 4, processes: 2, clients: 4, real: false };
    const told: string[] = [];
    try {
      const outcome = await runSoak(folder, options, new AbortController().signal, (line) => told.push(line));
      assert.deepEqual(outcome.findings, [], `seed ${options.seed}:\n${told.join('\n')}`);
      assert.ok(outcome.reserved > 0 && outcome.faults.size > 0, told.join('\n'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

const vm = { name: 'vm', node: 'n1', cpus: 1, memoryMiB: 1, diskGiB: 1, image: 'small', nested: false, nics: [] };

const reservation = (lifecycleState: 'Created' | 'Terminated'): WireReservation => ({
  connectionId: 'c1',
  tenant: 'acme',
  requester: 'acme',
  autoProvision: true,
  terminateOnRelease: true,
  states: {
    reservationState: 'ReserveStart',
    provisionState: 'Provisioned',
    lifecycleState,
    dataPlaneStatus: { active: true, version: 1, versionConsistent: true },
  },
  committed: {
    version: 1,
    state: 'committed',
    startTime: new Date(0),
    segment: { key: 1, encapsulation: 'gre' },
    vms: [vm],
    externalPorts: [],
    peers: [],
    hosts: [],
  },
  createdAt: new Date(0),
  updatedAt: new Date(0),
});

const row = { id: 'c1', reservation: 'ReserveStart', provision: 'Provisioned', active: true, committed: 1 };
const stands = { domains: ['n1 c1 vm running'], disks: ['n1 c1 vm'], networks: ['n1 c1'] };
const nothing = { domains: [], disks: [], networks: [] };

/** The database has `stored`; all that must not be there is not. */
const findings = (
  told: WireReservation[],
  stored: object[],
  nodes: typeof stands | typeof nothing,
  wrong: object[] = [],
) => {
  const ledger = createLedger();
  for (const one of told) note(ledger, one);
  const query = async <Row extends object>(sql: string): Promise<Row[]> =>
    (sql.includes('AS lifecycle') ? stored : sql.includes('due_work') ? wrong : []) as Row[];
  return compare(ledger, { query }, nodes);
};

describe('comparison of the soak', () => {
  const created = reservation('Created');
  const live = { ...row, lifecycle: 'Created' };
  const over = { ...row, lifecycle: 'Terminated' };

  it('finds nothing where all is as told', async () => {
    assert.deepEqual(await findings([created], [live], stands), []);
    assert.deepEqual(await findings([reservation('Terminated')], [over], nothing), []);
  });

  it('finds what was acknowledged and is gone, and what is there and was told to nobody', async () => {
    assert.match((await findings([created], [], stands)).join(), /does not have it/);
    assert.match((await findings([], [live], nothing)).join(), /told to nobody/);
  });

  it('finds another state or version than was told', async () => {
    assert.match((await findings([created], [over], stands)).join(), /lifecycle was told as Created, is Terminated/);
    assert.match((await findings([created], [{ ...live, committed: 2 }], stands)).join(), /version/);
  });

  it('finds a VM that is missing, paused, twice, or left', async () => {
    const missing = await findings([created], [live], { ...stands, domains: [] });
    assert.deepEqual(missing, ['VM missing: n1 c1 vm running']);
    const paused = await findings([created], [live], { ...stands, domains: ['n1 c1 vm paused'] });
    assert.equal(paused.length, 2);
    const twice = await findings([created], [live], { ...stands, domains: [...stands.domains, 'n2 c1 vm running'] });
    assert.deepEqual(twice, ['VM that nobody has: n2 c1 vm running']);
    assert.equal((await findings([reservation('Terminated')], [over], stands)).length, 3);
  });

  it('finds what the database itself says is wrong', async () => {
    const wrong = await findings([created], [live], stands, [{ line: 'reconcile of c1' }]);
    assert.deepEqual(wrong, ['due work for what is over: reconcile of c1']);
  });

  it('the same seed makes the same choices', () => {
    const throws = (seed: number) => Array.from({ length: 20 }, createDice(seed).next);
    assert.deepEqual(throws(7), throws(7));
    assert.notDeepEqual(throws(7), throws(8));
  });
});
