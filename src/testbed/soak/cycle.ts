/** One cycle of one client: a reservation from its first request to its last, by one of several plots. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { RmsFault } from '../../client/rms-fault.js';
import type { RmsOperationName, WireCriteria, WireReservation } from '../../wire/rms/types.js';
import type { Dice } from './dice.js';
import type { Requester } from './requester.js';
import { holdSeconds } from './site-under-soak.js';
import { type Ledger, note, type Told } from './told.js';

export interface CycleParts {
  requester: Requester;
  ledger: Ledger;
  dice: Dice;
}

type Change = Extract<RmsOperationName, 'commit' | 'abort' | 'provision' | 'release' | 'terminate'>;

/** Outages included, and a machine that is busy with others. */
const settleMs = 300_000;
const pollMs = 200;
const capacityRefusals = new Set(['00704', '00705']);
const invalidTransition = '00201';

/** Few segment keys, so that clients run into each other. */
const segmentKeys = 12;

const toCriteria = (dice: Dice, key: number, count: number): WireCriteria => ({
  segment: { key, encapsulation: 'gre' },
  vms: [
    {
      name: 'vm',
      count,
      cpus: dice.between(1, 2),
      memoryMiB: 512,
      diskGiB: 2,
      image: 'small',
      nics: [{}],
    },
  ],
  externalPorts: [],
  peers: [],
  hosts: [],
});

async function change({ requester, ledger }: CycleParts, told: Told, operation: Change): Promise<WireReservation> {
  const request = { correlationId: `urn:uuid:${randomUUID()}`, connectionId: told.connectionId };
  const { reservation } = await requester.ask(operation, request);
  return note(ledger, reservation).reservation;
}

/** Undefined where there was no room for it. */
async function reserve(
  { requester, ledger, dice }: CycleParts,
  terminateOnRelease: boolean,
): Promise<Told | undefined> {
  const criteria = toCriteria(dice, dice.between(1, segmentKeys), dice.between(1, 3));
  const correlationId = `urn:uuid:${randomUUID()}`;
  try {
    const { reservation } = await requester.ask('reserve', { correlationId, terminateOnRelease, criteria });
    return note(ledger, reservation);
  } catch (error) {
    if (!(error instanceof RmsFault) || !capacityRefusals.has(error.errorId)) throw error;
    ledger.refused += 1;
    return undefined;
  }
}

/** False where the hold had run out, which is right only if its time was over. */
async function commit(parts: CycleParts, told: Told): Promise<boolean> {
  const askedAtMs = Date.now();
  try {
    await change(parts, told, 'commit');
    return true;
  } catch (error) {
    if (!(error instanceof RmsFault) || error.errorId !== invalidTransition) throw error;
    const heldMs = Date.now() - told.heldAtMs;
    if (heldMs < holdSeconds * 1000)
      told.complaints.push(
        `commit refused after ${heldMs} ms, ${askedAtMs - told.heldAtMs} ms when asked: ${error.text}`,
      );
    await change(parts, told, 'abort');
    return false;
  }
}

async function waitFor(
  { requester, ledger }: CycleParts,
  told: Told,
  what: string,
  isSo: (reservation: WireReservation) => boolean,
): Promise<void> {
  const deadline = Date.now() + settleMs;
  for (;;) {
    const { reservation } = await requester.ask('getReservation', { connectionId: told.connectionId });
    note(ledger, reservation);
    if (isSo(reservation)) return;
    if (Date.now() > deadline) {
      told.complaints.push(`not ${what} after ${settleMs / 1000} s: ${JSON.stringify(reservation.states)}`);
      return;
    }
    await sleep(pollMs);
  }
}

const isUp = ({ states, committed }: WireReservation): boolean =>
  states.provisionState === 'Provisioned' &&
  states.dataPlaneStatus.active &&
  states.dataPlaneStatus.versionConsistent &&
  states.dataPlaneStatus.version === committed?.version;
const isOver = ({ states }: WireReservation): boolean => states.lifecycleState === 'Terminated';

/** Sometimes nobody waits for what they asked for. */
async function waitMostly(parts: CycleParts, told: Told): Promise<void> {
  if (parts.dice.next() < 0.7) await waitFor(parts, told, 'up', isUp);
  else await sleep(parts.dice.between(0, 500));
}

async function end(parts: CycleParts, told: Told, operation: 'release' | 'terminate'): Promise<void> {
  await change(parts, told, operation);
  await waitFor(parts, told, 'terminated', isOver);
}

/** The hold's time runs again with every version that is held. */
async function modify(parts: CycleParts, told: Told): Promise<void> {
  const { requester, ledger, dice } = parts;
  const { connectionId } = told;
  const criteria = toCriteria(dice, told.reservation.committed!.segment.key, dice.between(1, 3));
  try {
    const { reservation } = await requester.ask('modify', {
      correlationId: `urn:uuid:${randomUUID()}`,
      connectionId,
      criteria,
    });
    note(ledger, reservation).heldAtMs = Date.now();
  } catch (error) {
    if (!(error instanceof RmsFault) || !capacityRefusals.has(error.errorId)) throw error;
    return;
  }
  if (dice.next() < 0.25) await change(parts, told, 'abort');
  else if (await commit(parts, told)) await waitMostly(parts, told);
}

const plots = {
  async whole(parts, told) {
    if (await commit(parts, told)) await waitMostly(parts, told);
    await end(parts, told, 'terminate');
  },
  async releaseEnds(parts, told) {
    if (!(await commit(parts, told))) return end(parts, told, 'terminate');
    await waitMostly(parts, told);
    if (told.reservation.terminateOnRelease) return end(parts, told, 'release');
    await change(parts, told, 'release');
    await waitFor(parts, told, 'released', ({ states }) => states.provisionState === 'Released');
    await change(parts, told, 'provision');
    await waitMostly(parts, told);
    await end(parts, told, 'terminate');
  },
  async modified(parts, told) {
    if (await commit(parts, told)) {
      await waitMostly(parts, told);
      await modify(parts, told);
    }
    await end(parts, told, 'terminate');
  },
  async aborted(parts, told) {
    await change(parts, told, 'abort');
    await end(parts, told, 'terminate');
  },
  /** Nobody commits: the hold times out by itself. */
  async forgotten() {},
} satisfies Record<string, (parts: CycleParts, told: Told) => Promise<void>>;

const deck: (keyof typeof plots)[] = [
  ...(['whole', 'whole', 'whole', 'releaseEnds', 'releaseEnds', 'modified', 'modified', 'modified'] as const),
  ...(['aborted', 'forgotten'] as const),
];

/** `stays`: the reservation is committed and left standing, for the comparison at the end. */
export async function runCycle(parts: CycleParts, stays: boolean): Promise<void> {
  const plot = parts.dice.pick(deck);
  const told = await reserve(parts, parts.dice.next() < 0.5);
  if (told === undefined) return;
  try {
    if (!stays) await plots[plot](parts, told);
    else if (await commit(parts, told)) await waitFor(parts, told, 'up', isUp);
  } catch (error) {
    told.complaints.push(`${stays ? 'stays' : plot}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Ends all that stands. */
export async function endAll(parts: CycleParts): Promise<void> {
  const mine = [...parts.ledger.told.values()].filter(
    ({ reservation }) => reservation.tenant === parts.requester.tenant && !isOver(reservation),
  );
  await Promise.all(
    mine.map((told) =>
      end(parts, told, 'terminate').catch((error: Error) => {
        told.complaints.push(`at the end: ${error.message}`);
      }),
    ),
  );
}
