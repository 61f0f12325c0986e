/** libvirt's states and reasons (virDomainState, virDomainShutoffReason: numbers of its stable interface) in the words of the port. */
import type { DomainState } from '../../../domain/ports/compute-driver.js';

/** VIR_DOMAIN_NOSTATE … VIR_DOMAIN_PMSUSPENDED; one that is shutting down runs until it is down. */
const states: readonly DomainState[] = [
  'running',
  'running',
  'running',
  'paused',
  'running',
  'shutoff',
  'crashed',
  'paused',
];

const shutoff = 5;
const shutoffReasons = { unknown: 0, shutdown: 1, crashed: 3 } as const;

export interface StateAndReason {
  state: number;
  reason: number;
}

/** From `virsh domstats --raw --state`, by domain name. */
export function fromDomainStats(text: string): Map<string, StateAndReason> {
  const found = new Map<string, StateAndReason>();
  for (const [, name, state, reason] of text.matchAll(
    /^Domain: '(.*)'\n\s+state\.state=(\d+)\n\s+state\.reason=(\d+)$/gm,
  ))
    found.set(name!, { state: Number(state), reason: Number(reason) });
  return found;
}

export const toDomainState = ({ state, reason }: StateAndReason): DomainState =>
  state === shutoff && reason === shutoffReasons.crashed ? 'crashed' : (states[state] ?? 'running');

/** `noted`: whether it was seen before libvirt forgot. */
export const isShutDownByGuest = ({ state, reason }: StateAndReason, noted: boolean): boolean =>
  state === shutoff && (reason === shutoffReasons.shutdown || (reason === shutoffReasons.unknown && noted));
