/**
 * Switches in memory that do what plans say: an interpreter of the tables, joined by the plans' own tunnels. Sends frames
 * for tests and for the fake driver; it knows nothing of OpenFlow's bytes. The controller answers: these switches lack the
 * extension for it.
 */
import { isMatch, type Pipelined, type SimulatedFrame } from '../plan/frame-match.js';
import { flowsOfPlan, type NodePlan, type PlanFlow } from '../plan/node-plan.js';
import { type TableName, tables } from '../plan/pipeline.js';

export interface Delivery {
  node: string;
  port: string;
}

export interface Punt {
  node: string;
  port: string;
  metadata: bigint;
}

export interface Outcome {
  /** Local ports that the frame left by. */
  delivered: Delivery[];
  /** Tunnel ports that lead to no node of the fabric: other sites. */
  departed: (Delivery & { tunnelKey: number })[];
  punted: Punt[];
}

const maximumHops = 16;

/** `plans`: of all nodes and VIs, of one or several sites; a node's name is its identity. */
export function createSimulatedFabric(plans: readonly NodePlan[]) {
  const flowsOf = (node: string): PlanFlow[] =>
    plans
      .filter((plan) => plan.node === node)
      .flatMap((plan) => flowsOfPlan(plan).filter(({ where }) => where !== 'switch'));
  const patchesOf = (node: string) => plans.filter((plan) => plan.node === node).flatMap((plan) => plan.patches);
  const tunnelsOf = (node: string) => plans.filter((plan) => plan.node === node).flatMap((plan) => plan.tunnels);

  const farEnd = (node: string, port: string): Delivery | undefined => {
    const near = tunnelsOf(node).find((tunnel) => tunnel.portName === port);
    if (near === undefined) return undefined;
    for (const plan of plans) {
      const far = plan.tunnels.find(
        (t) => t.encapsulation === near.encapsulation && t.localIp === near.remoteIp && t.remoteIp === near.localIp,
      );
      if (far !== undefined) return { node: plan.node, port: far.portName };
    }
    return undefined;
  };

  function emit(node: string, from: Pipelined, port: string, outcome: Outcome, hops: number, isAsked = false): void {
    // OpenFlow 1.3.5 §7.2.5: a frame leaves by its ingress port only if that is asked for as OFPP_IN_PORT.
    if (port === from.inPort && !isAsked) return;
    const patch = patchesOf(node).find(({ portName }) => portName === port);
    if (patch !== undefined) {
      enter(node, { ...from, inPort: patch.peer, metadata: 0n, tunnelKey: 0 }, outcome, hops + 1);
      return;
    }
    const isTunnel = tunnelsOf(node).some((tunnel) => tunnel.portName === port);
    if (!isTunnel) {
      outcome.delivered.push({ node, port });
      return;
    }
    const far = farEnd(node, port);
    if (far === undefined) outcome.departed.push({ node, port, tunnelKey: from.tunnelKey });
    else
      enter(
        far.node,
        { inPort: far.port, metadata: 0n, tunnelKey: from.tunnelKey, frame: from.frame },
        outcome,
        hops + 1,
      );
  }

  function runActions(node: string, flow: PlanFlow, at: Pipelined, outcome: Outcome, hops: number): void {
    for (const action of flow.actions) {
      if (action.type === 'setTunnelKey') at.tunnelKey = action.key;
      else if (action.type === 'setVlan') at.frame = { ...at.frame, vlan: action.after };
      else if (action.type === 'sendBack') emit(node, at, at.inPort, outcome, hops, true);
      else if (action.type === 'toController') outcome.punted.push({ node, port: at.inPort, metadata: at.metadata });
      else if (action.type === 'output') emit(node, at, action.port, outcome, hops);
    }
  }

  function enter(node: string, at: Pipelined, outcome: Outcome, hops: number): void {
    if (hops > maximumHops) throw new Error(`a frame for ${at.frame.destination} goes round in circles at ${node}`);
    const flows = flowsOf(node);
    let table: TableName | undefined = 'classify';
    while (table !== undefined) {
      const matching: PlanFlow[] = flows.filter((flow) => flow.table === table && isMatch(flow.match, at));
      const best = matching.sort((a, b) => b.priority - a.priority)[0];
      if (best === undefined) return;
      if (matching[1]?.priority === best.priority)
        throw new Error(`${node}: two flows of one priority in ${table} want the same frame`);
      if (best.writeMetadata !== undefined)
        at.metadata = (at.metadata & ~best.writeMetadata.mask) | best.writeMetadata.value;
      runActions(node, best, at, outcome, hops);
      if (best.goTo !== undefined && tables[best.goTo] <= tables[table])
        throw new Error(`${node}: ${table} goes back to ${best.goTo}`);
      table = best.goTo;
    }
  }

  const newOutcome = (): Outcome => ({ delivered: [], departed: [], punted: [] });

  return {
    /** A frame comes in by a port. */
    inject(node: string, port: string, frame: SimulatedFrame, tunnelKey = 0): Outcome {
      const outcome = newOutcome();
      enter(node, { inPort: port, metadata: 0n, tunnelKey, frame }, outcome, 0);
      return outcome;
    },
    /** A packet-out: leaves by these ports as if it had come in by `inPort`. */
    send(node: string, inPort: string, ports: readonly string[], frame: SimulatedFrame, tunnelKey: number): Outcome {
      const outcome = newOutcome();
      for (const port of ports) emit(node, { inPort, metadata: 0n, tunnelKey, frame }, port, outcome, 0);
      return outcome;
    },
  };
}
