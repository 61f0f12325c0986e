/** What the clients were told, per reservation: the measure of everything at the end. */
import type { WireReservation } from '../../wire/rms/types.js';

export interface Told {
  connectionId: string;
  /** As the newest answer had it. */
  reservation: WireReservation;
  /** When it was reserved, by our clock. */
  heldAtMs: number;
  /** A fault that no rule explains, a state that did not come: in words. */
  complaints: string[];
}

export interface Ledger {
  told: Map<string, Told>;
  /** Reserve requests that were refused for want of room: nothing of them may be found. */
  refused: number;
  complaints: string[];
}

export const createLedger = (): Ledger => ({ told: new Map(), refused: 0, complaints: [] });

export function note(ledger: Ledger, reservation: WireReservation): Told {
  const { connectionId } = reservation;
  const known = ledger.told.get(connectionId) ?? { connectionId, reservation, heldAtMs: Date.now(), complaints: [] };
  known.reservation = reservation;
  ledger.told.set(connectionId, known);
  return known;
}
