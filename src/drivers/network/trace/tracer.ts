/**
 * Follows a frame from its sender through every switch of this site: looks into one switch after the other, by whatever means it is given, and
 * says at each step which flow took the frame, whose it is and why it is there.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type {
  FrameTrace,
  TracedRule,
  TraceQuestion,
  TraceSource,
  TraceStep,
} from '../../../domain/ports/frame-trace.js';
import { findEntry } from '../../../domain/registry/registry.js';
import type { RegistryEntry } from '../../../domain/registry/registry-entry.js';
import { flowsOfPlan, type NodePlan, type PlanFlow } from '../plan/node-plan.js';
import { instanceCookieMask, tables, toInstanceCookie, viMask } from '../plan/pipeline.js';
import { matchText } from '../plan/plan-text.js';
import type { Segment, Segments } from '../segments.js';
import { deriveOnward, type Hop } from './next-hop.js';
import { deriveOutcome } from './outcome.js';
import { type Circumstances, deriveMissReason, deriveReason } from './reasons.js';
import { deriveLeaving, type EnteringFrame, type Rule } from './rule.js';

/** One switch, looked into. */
export interface Look {
  rules: Rule[];
  source: TraceSource;
  sourceReason?: string;
}

export interface TracerOptions {
  segments: Segments;
  /** The site instance's mark. */
  instance: string;
  look(node: string, frame: EnteringFrame): Promise<Look>;
}

const tableNames: ReadonlyMap<number, string> = new Map(Object.entries(tables).map(([name, number]) => [number, name]));

/** A frame that goes round would go on for ever; no way through a site is longer than its switches, twice each. */
const stepsPerNode = 4;

export function createTracer({ segments, instance, look }: TracerOptions) {
  const ownCookie = toInstanceCookie(instance);

  const segmentOf = ({ cookie }: Rule): Segment | undefined =>
    (cookie & instanceCookieMask) === ownCookie ? segments.byNumber(Number(cookie & viMask)) : undefined;

  const findFlow = (plan: NodePlan | undefined, rule: Rule): PlanFlow | undefined =>
    (plan === undefined ? [] : flowsOfPlan(plan)).find(
      ({ table, priority, match }) =>
        tables[table] === rule.table && priority === rule.priority && matchText(match) === rule.match,
    );

  function reasonOf(rule: Rule, plan: NodePlan | undefined, owner: Segment | undefined, circumstances: Circumstances) {
    const table = tableNames.get(rule.table) ?? String(rule.table);
    if (rule.priority === undefined) return deriveMissReason(circumstances, table);
    if (owner === undefined) return `${table}: a flow that bears no mark of this site, or of no VI that stands here`;
    const flow = findFlow(plan, rule);
    if (flow === undefined) return `${table}: a flow that is not among those which this VI should have here`;
    const at = owner.topology.nodes.get(circumstances.at.node) ?? circumstances.at;
    return deriveReason({ ...circumstances, segment: owner, at }, flow);
  }

  async function takeStep(segment: Segment, hop: Hop): Promise<{ step: TraceStep; hops: Hop[] }> {
    const { node, frame } = hop;
    const { rules, source, sourceReason } = await look(node, frame);
    const plans = new Map<Segment, NodePlan | undefined>();
    const planOf = (owner: Segment): NodePlan | undefined => {
      if (!plans.has(owner)) plans.set(owner, segments.planFor(owner, node));
      return plans.get(owner);
    };
    const traced = rules.map((rule): TracedRule => {
      const owner = segmentOf(rule);
      const at = (owner ?? segment).topology.nodes.get(node) ?? segment.topology.nodes.get(node)!;
      return {
        table: tableNames.get(rule.table) ?? String(rule.table),
        ...(rule.priority === undefined ? {} : { priority: rule.priority }),
        match: rule.match,
        actions: rule.actions,
        ...(owner === undefined ? {} : { connectionId: owner.vi.connectionId, viNumber: owner.vi.viNumber }),
        reason: reasonOf(rule, owner && planOf(owner), owner, { segment, at, frame }),
      };
    });
    const last = rules.map(segmentOf).findLast((owner) => owner !== undefined) ?? segment;
    const onward = deriveLeaving(rules, frame).map((leaving) => deriveOnward(last, planOf(last), hop, leaving));
    return {
      step: {
        node,
        inPort: frame.inPort,
        vlan: frame.vlan,
        source,
        ...(sourceReason === undefined ? {} : { sourceReason }),
        rules: traced,
        outputs: onward.map(({ output }) => output),
      },
      hops: onward.flatMap(({ hop: next }) => next ?? []),
    };
  }

  /** Where the sender's frames come into this site's switches. */
  function deriveStart({ vi, topology }: Segment, sender: RegistryEntry, { vlan, from, to }: TraceQuestion): Hop {
    const { place, ips } = sender;
    const fromIp = ips[0];
    const frame = { vlan, from, to, ...(fromIp === undefined ? {} : { fromIp }) };
    if (place.kind === 'port') return { node: place.node, frame: { ...frame, inPort: place.portName } };
    const gateway = topology.gateway === undefined ? undefined : topology.nodes.get(topology.gateway);
    const tunnel = gateway?.gatewayTunnels.find(({ site }) => site === place.site)?.tunnel;
    if (gateway === undefined || tunnel === undefined)
      throw new DriverError('notFound', place.site, `no tunnel of this site leads there, where ${from} is`);
    return { node: gateway.node, frame: { ...frame, inPort: tunnel.portName, tunnelKey: vi.segment.key } };
  }

  return async function trace(connectionId: string, question: TraceQuestion): Promise<FrameTrace> {
    const segment = segments.all().find(({ vi }) => vi.connectionId === connectionId);
    if (segment === undefined)
      throw new DriverError('notFound', connectionId, 'is not among the VIs that are kept here');
    const { vlan, from, to } = question;
    const sender = findEntry(segment.registry, vlan, from);
    if (sender === undefined) throw new DriverError('notFound', connectionId, `knows no ${from} in VLAN ${vlan}`);
    const steps: TraceStep[] = [];
    const entered = new Set<string>();
    const limit = stepsPerNode * (segment.topology.nodes.size + 1);
    let hops = [deriveStart(segment, sender, question)];
    while (hops.length > 0) {
      const fresh = hops.filter(({ node, frame }) => !entered.has(`${node} ${frame.inPort} ${frame.vlan}`));
      for (const { node, frame } of fresh) entered.add(`${node} ${frame.inPort} ${frame.vlan}`);
      const taken = await Promise.all(fresh.map((hop) => takeStep(segment, hop)));
      steps.push(...taken.map(({ step }) => step));
      hops = steps.length > limit ? [] : taken.flatMap(({ hops: next }) => next);
    }
    return { steps, outcome: deriveOutcome(steps, to, findEntry(segment.registry, vlan, to)) };
  };
}
