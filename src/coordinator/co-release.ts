/** Ends a co-allocation at all its sites at once. A site that fails does not keep the others from being released. */
import { randomUUID } from 'node:crypto';
import type { SiteFault } from './co-allocation.js';
import { persist, type Waiting } from './persist.js';
import type { SiteClient, SiteClients, SiteReservation } from './site-client.js';
import { isSiteRefusal, ownFault, toSiteFault } from './site-fault.js';
import type { StepTimes } from './site-steps.js';

export interface CoRelease {
  /** Site → connection id. */
  connections: Readonly<Record<string, string>>;
  clients: SiteClients;
  /** `terminate` ends reservations that were made to outlive a release, or that are not provisioned. */
  operation: 'release' | 'terminate';
  times: StepTimes;
  waiting: Waiting;
  onSite: (site: string, result: SiteRelease) => void;
}

export type SiteRelease =
  | { outcome: 'released' | 'terminated'; connectionId: string }
  | { outcome: 'failed'; connectionId: string; fault: SiteFault };

/** NSI 00203 and 00204: it is over already, and that is what was wanted. */
const over: ReadonlySet<string> = new Set(['00203', '00204']);

const isTerminated = ({ states }: SiteReservation): boolean => states.lifecycleState === 'Terminated';
const isDown = ({ states }: SiteReservation): boolean =>
  !states.dataPlaneStatus.active &&
  states.dataPlaneStatus.versionConsistent &&
  states.provisionState !== 'Releasing' &&
  states.lifecycleState !== 'Terminating';

async function awaitDown(release: CoRelease, client: SiteClient, connectionId: string): Promise<SiteReservation> {
  const giveUpAt = release.waiting.now() + release.times.provisionPatienceMs;
  for (;;) {
    const look = () => client.getReservation({ connectionId });
    const { reservation } = await persist(look, release.times.hold, release.waiting);
    if (isDown(reservation) || release.waiting.now() >= giveUpAt) return reservation;
    await release.waiting.sleep(release.times.pollMs);
  }
}

async function releaseAt(release: CoRelease, client: SiteClient, connectionId: string): Promise<SiteRelease> {
  // Not derived: the same reservation may be provisioned and released many times.
  const correlationId = `urn:uuid:${randomUUID()}`;
  try {
    const call = () => client[release.operation]({ correlationId, connectionId });
    await persist(call, release.times.hold, release.waiting);
    const last = await awaitDown(release, client, connectionId);
    if (isTerminated(last)) return { outcome: 'terminated', connectionId };
    if (isDown(last)) return { outcome: 'released', connectionId };
    const text = last.errorEvent?.text ?? 'the virtual infrastructure still stands';
    return { outcome: 'failed', connectionId, fault: ownFault('TIMED_OUT', text) };
  } catch (error) {
    if (isSiteRefusal(error) && over.has(error.errorId)) return { outcome: 'terminated', connectionId };
    return { outcome: 'failed', connectionId, fault: toSiteFault(error) };
  }
}

export async function coRelease(release: CoRelease): Promise<Record<string, SiteRelease>> {
  const results = await Promise.all(
    Object.entries(release.connections).map(async ([site, connectionId]) => {
      const result = await releaseAt(release, release.clients[site]!, connectionId);
      release.onSite(site, result);
      return [site, result] as const;
    }),
  );
  return Object.fromEntries(results);
}
