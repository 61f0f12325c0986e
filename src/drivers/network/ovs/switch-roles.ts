/**
 * The sessions of this site's switches, and what this process is to each: master while it has the site's lease, slave otherwise. Only a
 * session that it is master of is handed on. What a switch says when another has become its master leads back to the lease.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { SiteLease } from '../../../domain/ports/site-lease.js';
import type { Log } from '../../../lib/log.js';
import { createSerialQueue } from '../../../lib/serial-queue.js';
import { becomeMaster, becomeSlave, isRefusedAsSlave } from '../../../openflow/roles.js';
import type { SwitchSession } from '../../../openflow/switch-session.js';

export type SwitchRole = 'master' | 'slave';

export interface SwitchRolesOptions {
  lease: SiteLease;
  log: Log;
  /** From here on the switch takes changes from us, and sends packets. */
  onMaster: (node: string, session: SwitchSession) => void;
  /** It does no more; the session may stand still. */
  onNoMaster: (node: string, session: SwitchSession) => void;
}

export interface SwitchRoles {
  up(node: string, session: SwitchSession): void;
  down(node: string, session: SwitchSession): void;
  /** Resolves when every switch that is connected has answered. */
  lead(): Promise<void>;
  standBy(): void;
  /** Something was done to the switch and failed: if because another is master, the lease is looked at. */
  noteFailure(node: string, error: unknown): void;
  /** Undefined: not connected, or it has not accepted anything yet. */
  role(node: string): SwitchRole | undefined;
  isConnected(node: string): boolean;
}

interface Seat {
  session: SwitchSession;
  role: SwitchRole | undefined;
  generation: bigint | undefined;
}

/** A switch may know newer generations than a database from a backup; each attempt leaves the newest one behind. */
const attempts = 3;
/** No generation id has it: generations begin with one. */
const neverUsed = 0n;

export function createSwitchRoles({ lease, log, onMaster, onNoMaster }: SwitchRolesOptions): SwitchRoles {
  const seats = new Map<string, Seat>();
  const queues = new Map<string, ReturnType<typeof createSerialQueue>>();
  /** The newest that this process has used on a node: its own, in whichever session. */
  const used = new Map<string, bigint>();
  let leading = false;

  const inTurn = (node: string, work: () => Promise<void>): Promise<void> => {
    const queue = queues.get(node) ?? createSerialQueue();
    queues.set(node, queue);
    return queue(work);
  };

  function setRole(node: string, seat: Seat, role: SwitchRole | undefined): void {
    const before = seat.role;
    seat.role = role;
    if (before === 'master' && role !== 'master') onNoMaster(node, seat.session);
    if (before !== 'master' && role === 'master') onMaster(node, seat.session);
  }

  async function claim(node: string, seat: Seat): Promise<void> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const generation = lease.generation();
      if (generation === undefined) break;
      const result = await becomeMaster(seat.session, generation, used.get(node) ?? neverUsed);
      if (result.outcome === 'stale') {
        await lease.ensure();
        await lease.raise(result.seen);
        continue;
      }
      used.set(node, generation);
      seat.generation = generation;
      if (!leading || seats.get(node) !== seat) break;
      log.info({ node, generation: String(generation) }, 'master of its switch');
      lease.noteMaster(node, generation);
      return setRole(node, seat, 'master');
    }
    await stepDown(node, seat);
  }

  async function stepDown(node: string, seat: Seat): Promise<void> {
    setRole(node, seat, undefined);
    await becomeSlave(seat.session);
    setRole(node, seat, 'slave');
  }

  async function settle(node: string, seat: Seat): Promise<void> {
    if (!leading) return seat.role === 'slave' ? undefined : stepDown(node, seat);
    if (seat.role === 'master' && seat.generation === lease.generation()) return;
    try {
      await claim(node, seat);
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      log.info({ node, reason: error.message }, 'not master of its switch');
      await stepDown(node, seat);
    }
  }

  /** As the lease says when its turn comes. A switch that does not answer connects anew, and is asked again then. */
  const settleInTurn = (node: string): Promise<void> =>
    inTurn(node, async () => {
      const seat = seats.get(node);
      if (seat === undefined || seat.session.closed) return;
      try {
        await settle(node, seat);
      } catch (error) {
        if (seat.session.closed) return;
        log.warn({ node, err: error }, 'the switch takes no role from us');
        seat.session.close('it takes no role');
      }
    });

  const settleAll = (): Promise<unknown> => Promise.all([...seats.keys()].map(settleInTurn));

  return {
    up(node, session) {
      seats.set(node, { session, role: undefined, generation: undefined });
      void settleInTurn(node);
    },
    down(node, session) {
      const seat = seats.get(node);
      if (seat?.session !== session) return;
      setRole(node, seat, undefined);
      seats.delete(node);
    },
    async lead() {
      leading = true;
      await settleAll();
    },
    standBy() {
      leading = false;
      for (const [node, seat] of seats) if (seat.role === 'master') setRole(node, seat, undefined);
      void settleAll();
    },
    noteFailure(node, error) {
      const seat = seats.get(node);
      if (seat?.role !== 'master' || !isRefusedAsSlave(error)) return;
      log.warn({ node }, 'another controller has become master of its switch');
      setRole(node, seat, undefined);
      void settleInTurn(node);
    },
    role: (node) => seats.get(node)?.role,
    isConnected: (node) => seats.has(node),
  };
}
