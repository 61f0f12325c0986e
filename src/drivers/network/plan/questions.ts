/**
 * Tables sender, resolve and advertise, as far as they come with the VI: who is news, which questions nobody may answer for
 * their owner, and the second half of an IPv6 answer. What they know of single addresses is in entry-flows.ts.
 */
import type { PlanFlow, PuntedProtocol } from './node-plan.js';
import { priorities } from './pipeline.js';
import { anySide, type Scope } from './scope.js';
import { deriveStrictSenders } from './strict-senders.js';
import type { SegmentNode } from './topology.js';

const punted: readonly PuntedProtocol[] = ['arp', 'rarp', 'neighbourSolicitation', 'neighbourAdvertisement'];

/** Frames on node tunnels were seen where they entered. */
export const tellingPorts = (at: SegmentNode): string[] => [
  ...at.vmPorts,
  ...at.externalPorts.map((port) => port.portName),
  ...at.gatewayTunnels.map(({ tunnel }) => tunnel.portName),
];

/** A copy goes to the controller while the frame goes on; where the controller answers, it is given the frame itself. */
export function deriveNews(scope: Scope): PlanFlow[] {
  const metadata = anySide(scope);
  const isStrict = scope.vi.segment.strictAddresses === true;
  const ports = isStrict ? scope.at.gatewayTunnels.map(({ tunnel }) => tunnel.portName) : tellingPorts(scope.at);
  const actions: PlanFlow['actions'] = [{ type: 'toController' }];
  const news = ports.flatMap((inPort) =>
    punted.flatMap((protocol): PlanFlow[] => {
      const match = { inPort, metadata, protocol };
      const priority = priorities.anyVlan;
      return [
        { table: 'sender', priority, match, meterOf: inPort, actions, where: 'switch', goTo: 'resolve' },
        { table: 'sender', priority, match, meterOf: inPort, actions, where: 'controller' },
      ];
    }),
  );
  if (isStrict) return [...news, ...deriveStrictSenders(scope)];
  return [...news, { table: 'sender', priority: priorities.goOn, match: { metadata }, actions: [], goTo: 'unicast' }];
}

/** RFC 5227 §1.1, RFC 4862 §5.4.2: who asks without an address of its own wants to hear from its owner, and from nobody else. */
export function deriveProbes(scope: Scope): PlanFlow[] {
  const metadata = anySide(scope);
  const probes = [
    { metadata, protocol: 'arpRequest', sender: { ip: '0.0.0.0' } },
    { metadata, protocol: 'neighbourSolicitation', sender: { ip: '::' } },
  ] as const;
  const flow = { table: 'resolve', actions: [], goTo: 'unicast', where: 'switch' } as const;
  return [
    ...probes.map((match): PlanFlow => ({ ...flow, priority: priorities.exception, match, actions: [] })),
    { ...flow, priority: priorities.goOn, match: { metadata }, actions: [] },
  ];
}

export function deriveAdvertise(scope: Scope): PlanFlow[] {
  const match = { metadata: anySide(scope), protocol: 'neighbourAdvertisement' as const };
  const actions: PlanFlow['actions'] = [{ type: 'sendAdvertisement' }];
  return [{ table: 'advertise', priority: priorities.anyVlan, match, actions, where: 'switch' }];
}
