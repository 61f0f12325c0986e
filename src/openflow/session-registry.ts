/**
 * One session per datapath id. A second connection with an id that is taken does not throw the first out: the first is
 * asked for a sign of life and replaced only if it gives none.
 */
import type { ProbedSession } from './live-session.js';
import { OpenflowError } from './openflow-error.js';
import type { SwitchSession } from './switch-session.js';

export interface SessionRegistry {
  readonly duplicatesRefused: number;
  /** Only sessions whose handshake is over. */
  session(datapathId: string): SwitchSession | undefined;
  sessions(): SwitchSession[];
  /** Rejects with OpenflowError if the id belongs to another that lives. */
  admit(session: ProbedSession): Promise<void>;
  /** Idempotent; forgets only this very session, not one that took its place. */
  forget(session: SwitchSession): void;
}

export function createSessionRegistry(probeMs: number): SessionRegistry {
  const byDatapathId = new Map<string, ProbedSession>();
  const beingDecided = new Set<string>();
  let duplicatesRefused = 0;

  function refuse({ datapathId }: ProbedSession): never {
    duplicatesRefused++;
    throw new OpenflowError('refused', datapathId, 'another connection with this datapath id lives');
  }

  async function decide(newcomer: ProbedSession, existing: ProbedSession): Promise<void> {
    const { datapathId } = newcomer;
    beingDecided.add(datapathId);
    try {
      if (await existing.answersEcho(probeMs)) refuse(newcomer);
      existing.close('replaced by a newer connection of the same switch');
      if (!newcomer.closed) byDatapathId.set(datapathId, newcomer);
    } finally {
      beingDecided.delete(datapathId);
    }
  }

  return {
    get duplicatesRefused() {
      return duplicatesRefused;
    },
    session(datapathId) {
      const session = byDatapathId.get(datapathId);
      return session?.up === true ? session : undefined;
    },
    sessions: () => [...byDatapathId.values()].filter((session) => session.up),
    async admit(session) {
      const { datapathId } = session;
      if (beingDecided.has(datapathId)) refuse(session);
      const existing = byDatapathId.get(datapathId);
      if (existing !== undefined) await decide(session, existing);
      else if (!session.closed) byDatapathId.set(datapathId, session);
    },
    forget(session) {
      if (byDatapathId.get(session.datapathId) === session) byDatapathId.delete(session.datapathId);
    },
  };
}
