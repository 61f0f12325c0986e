/**
 * Whether two external ports of one node that are in one plan are on one LAN: asked by a probe frame, once for the same ports in one session.
 * LANs that two nodes or two sites share, or that are joined later, are not found.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { SwitchSession } from '../../../openflow/switch-session.js';
import { flowsOfPlan, type NodePlan } from '../plan/node-plan.js';
import { createLanProbe } from './lan-probe.js';
import type { PortNumbers } from './resolve.js';

export function createLoopGuard(node: string, probeMs: number) {
  const lanProbe = createLanProbe(node, probeMs);
  /** External ports that were found to be on LANs of their own, by VI. */
  const loopless = new Map<bigint, string>();

  /** The conflict that the VI is to be refused with. Throws DriverError transient where it cannot be asked. */
  async function findLoop(
    present: SwitchSession,
    plan: NodePlan,
    numbers: PortNumbers,
  ): Promise<DriverError | undefined> {
    const { cookie, externalPorts } = plan;
    const ports = externalPorts.flatMap((name) => {
      const number = numbers.get(name);
      const ofPort = flowsOfPlan(plan).filter(({ table, match }) => table === 'classify' && match.inPort === name);
      return number === undefined ? [] : [{ name, number, vlans: ofPort.flatMap(({ match }) => match.vlan ?? []) }];
    });
    const probed = `${present.generation} ${ports.map(({ name, number, vlans }) => `${name} ${number} ${vlans}`)}`;
    if (ports.length < 2 || loopless.get(cookie) === probed) return undefined;
    const shared = await lanProbe.find(present, cookie, ports);
    if (shared !== undefined) {
      const { from, to, vlan } = shared;
      const what = `external ports '${from}' and '${to}' are on one LAN (VLAN ${vlan}): the segment would be a loop`;
      return new DriverError('conflict', node, what);
    }
    loopless.set(cookie, probed);
    return undefined;
  }

  return {
    findLoop,
    /** The VI has nothing here any more. */
    forget: (cookie: bigint): void => void loopless.delete(cookie),
    hear: lanProbe.hear,
  };
}
