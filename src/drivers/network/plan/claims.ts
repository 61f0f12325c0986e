/**
 * Nobody speaks for an address that the VI lists for another machine: what local ports say in its name is dropped, after the controller
 * had its copy. The machine itself may say it from anywhere: it has moved.
 */
import { deriveListedAddresses } from '../../../domain/vi/listed-addresses.js';
import type { PlacedVi } from '../../../domain/vi/placed-vi.js';
import type { PlanFlow, PlanMatch } from './node-plan.js';
import { knownSender, priorities, segmentMask } from './pipeline.js';
import { inSegment, type Scope } from './scope.js';
import { hasLocalPorts } from './ways.js';

const protocolsOf = (ip: string) =>
  ip.includes(':') ? (['neighbourSolicitation', 'neighbourAdvertisement'] as const) : (['arp'] as const);

/** The same for all nodes of a VI. */
const ofVi = new WeakMap<PlacedVi, PlanFlow[]>();

export function deriveClaims(scope: Scope): PlanFlow[] {
  if (!hasLocalPorts(scope.at)) return [];
  const flows = ofVi.get(scope.vi) ?? deriveForVi(scope);
  ofVi.set(scope.vi, flows);
  return flows;
}

function deriveForVi(scope: Scope): PlanFlow[] {
  // Who stands where the registry says is marked by then.
  const metadata = { ...inSegment(scope, 'local'), mask: segmentMask | knownSender };
  const flow = { table: 'resolve', actions: [], where: 'switch' } as const;
  return deriveListedAddresses(scope.vi).flatMap(({ vlan, mac, ip }) =>
    protocolsOf(ip).flatMap((protocol): PlanFlow[] => {
      const match = (sender: PlanMatch['sender']): PlanMatch => ({ metadata, vlan, protocol, sender });
      return [
        { ...flow, actions: [], priority: priorities.claim, match: match({ ip }) },
        { ...flow, actions: [], priority: priorities.owner, match: match({ ip, mac }), goTo: 'unicast' },
      ];
    }),
  );
}
