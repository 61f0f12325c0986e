/**
 * Strict addresses: from local ports nothing is taken but what the VI lists there, MAC and IP together. Where it lists a machine without an
 * IP, its MAC is enough. A machine may ask for an address (DHCP, probes) before it has it.
 */
import type { IpAddress, MacAddress, VlanId } from '../../../domain/vi/criteria.js';
import type { PlanFlow, PlanMatch, Protocol } from './node-plan.js';
import { priorities } from './pipeline.js';
import { anySide, inSegment, type Scope } from './scope.js';

interface ListedSender {
  portName: string;
  vlan: VlanId;
  mac: MacAddress;
  ip?: IpAddress;
}

/** NICs of the node's VMs, and hosts behind its external ports. */
function listSenders({ vi, at, topology }: Scope): ListedSender[] {
  const nics = vi.vms
    .filter(({ node }) => node === at.node)
    .flatMap((vm) =>
      vm.nics.map(({ portName, mac, ip }) => ({ portName, vlan: 0, mac, ...(ip === undefined ? {} : { ip }) })),
    );
  const hosts = vi.hosts
    .filter((host) => host.site === topology.site)
    .flatMap(({ vlan, mac, ip }) =>
      at.externalPorts
        .filter(({ vlans }) => vlans.includes(vlan))
        .map(({ portName }) => ({ portName, vlan, mac, ...(ip === undefined ? {} : { ip }) })),
    );
  return [...nics, ...hosts];
}

const unspecified = { v4: '0.0.0.0', v6: '::' } as const;

function deriveSender(scope: Scope, { portName, vlan, mac, ip }: ListedSender): PlanFlow[] {
  const here = { inPort: portName, metadata: anySide(scope), vlan, source: mac };
  const passes = (match: PlanMatch, goTo: 'unicast' | 'resolve'): PlanFlow => ({
    table: 'sender',
    priority: priorities.anyVlan,
    match: { ...here, ...match },
    actions: [],
    goTo,
  });
  /** Its controller hears of it, and where that answers, is given it. */
  const tells = (match: PlanMatch): PlanFlow[] => {
    const flow = { ...passes(match, 'resolve'), meterOf: portName, actions: [{ type: 'toController' as const }] };
    const { goTo: _, ...handedUp } = flow;
    return [
      { ...flow, where: 'switch' },
      { ...handedUp, where: 'controller' },
    ];
  };
  const ofProtocol = (protocol: Protocol, senderIp?: IpAddress): PlanMatch => ({
    protocol,
    ...(senderIp === undefined ? {} : { sender: { ip: senderIp } }),
  });
  const rarp = tells(ofProtocol('rarp'));
  if (ip === undefined)
    return [
      ...rarp,
      ...tells(ofProtocol('arp')),
      ...tells(ofProtocol('neighbourSolicitation')),
      ...tells(ofProtocol('neighbourAdvertisement')),
      { ...passes({}, 'unicast'), priority: priorities.goOn },
    ];
  if (ip.includes(':'))
    return [
      ...rarp,
      ...[ip, unspecified.v6].flatMap((one) => tells(ofProtocol('neighbourSolicitation', one))),
      ...tells(ofProtocol('neighbourAdvertisement', ip)),
      ...[ip, unspecified.v6].map((one) => ({
        ...passes(ofProtocol('ipv6', one), 'unicast'),
        priority: priorities.goOn,
      })),
    ];
  return [
    ...rarp,
    ...[ip, unspecified.v4].flatMap((one) => tells({ protocol: 'arp', sender: { ip: one, mac } })),
    ...[ip, unspecified.v4].map((one) => passes(ofProtocol('ipv4', one), 'unicast')),
  ];
}

/** In place of the news and of what goes on from local ports; what gateways send goes on as ever. */
export function deriveStrictSenders(scope: Scope): PlanFlow[] {
  const fromGateways: PlanFlow = {
    table: 'sender',
    priority: priorities.goOn,
    match: { metadata: inSegment(scope, 'gateway') },
    actions: [],
    goTo: 'unicast',
  };
  return [...listSenders(scope).flatMap((sender) => deriveSender(scope, sender)), fromGateways];
}
