/** The session that one node's switch has with us now: awaited, replaced, and tried for what the switch can. */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { Log } from '../../../lib/log.js';
import type { SwitchSession } from '../../../openflow/switch-session.js';
import type { Answerer } from '../plan/node-plan.js';
import { findAnswerer } from './switch-ability.js';

export interface NodeSessionOptions {
  node: string;
  /** For the switch to connect, a new bridge included. */
  sessionMs: number;
  log: Log;
}

export function createNodeSession({ node, sessionMs, log }: NodeSessionOptions) {
  const sessionWaiters = new Set<(session: SwitchSession) => void>();
  let session: SwitchSession | undefined;
  const sums = { packetIns: 0, packetInsDropped: 0 };
  /** Of those that are counted there, whose: a session may be given up and taken up again. */
  const counted = new WeakMap<SwitchSession, typeof sums>();
  /** As last tried. */
  let answerer: Answerer = 'switch';
  let trial: Promise<Answerer> | undefined;

  function count(): typeof sums {
    if (session === undefined) return sums;
    const { packetIns, packetInsDropped } = session.counters;
    const before = counted.get(session);
    sums.packetIns += packetIns - (before?.packetIns ?? 0);
    sums.packetInsDropped += packetInsDropped - (before?.packetInsDropped ?? 0);
    counted.set(session, { packetIns, packetInsDropped });
    return sums;
  }

  function awaitSession(): Promise<SwitchSession> {
    if (session !== undefined) return Promise.resolve(session);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        sessionWaiters.delete(arrived);
        reject(new DriverError('transient', node, `its switch did not connect within ${sessionMs} ms`));
      }, sessionMs);
      const arrived = (come: SwitchSession): void => {
        clearTimeout(timer);
        resolve(come);
      };
      sessionWaiters.add(arrived);
    });
  }

  async function tryOut(arrived: SwitchSession): Promise<Answerer> {
    const found = await findAnswerer(arrived);
    if (arrived !== session) return found;
    if (found === 'controller') log.warn({ node }, 'the switch cannot answer questions by itself: the controller does');
    answerer = found;
    return found;
  }

  /** The trial of the session's beginning, or another one if that failed. */
  const answererOf = (present: SwitchSession): Promise<Answerer> =>
    (trial ?? Promise.reject()).catch(() => {
      trial = tryOut(present);
      return trial;
    });

  return {
    now: (): SwitchSession | undefined => session,
    whenThere: awaitSession,
    answerer: (): Answerer => answerer,
    answererOf,
    attach(arrived: SwitchSession): void {
      count();
      session = arrived;
      trial = tryOut(arrived);
      trial.catch(() => {});
      for (const waiter of [...sessionWaiters]) waiter(arrived);
      sessionWaiters.clear();
    },
    /** A late end of an older session changes nothing. */
    detach(gone: SwitchSession): boolean {
      if (session !== gone) return false;
      count();
      session = undefined;
      return true;
    },
    packetIns: (): number => count().packetIns,
    /** That we had no time for. */
    packetInsDropped: (): number => count().packetInsDropped,
  };
}
