/**
 * Looks into one switch for the way of a frame: asks the switch itself where its control socket can be reached, and otherwise evaluates the
 * flows that this driver has standing there, and says why.
 */
import type { Site } from '../../../domain/site/site-file.js';
import { flowsOfPlan } from '../plan/node-plan.js';
import { toCookie } from '../plan/pipeline.js';
import type { Segment, Segments } from '../segments.js';
import { type CookiedFlow, evaluate } from '../trace/evaluate.js';
import type { EnteringFrame, Rule } from '../trace/rule.js';
import type { Look } from '../trace/tracer.js';
import { parseTrace, toTraceFlow, withPortNames } from './ofproto-trace.js';
import type { OvsNode } from './ovs-node.js';
import { askUnixctl, findUnixctl } from './unixctl.js';

export interface SwitchLookOptions {
  site: Site;
  segments: Segments;
  instance: string;
  nodeOf(name: string): OvsNode;
}

const answerMs = 5_000;

export function createSwitchLook({ site, segments, instance, nodeOf }: SwitchLookOptions) {
  async function askSwitch(name: string, frame: EnteringFrame): Promise<Rule[]> {
    const node = nodeOf(name);
    const number = node.ports().get(frame.inPort);
    if (number === undefined) throw new Error(`bridge '${site.bridge}' has no port '${frame.inPort}' now`);
    const { ovsdb, unixctl } = site.nodes.find((known) => known.name === name)!.network;
    const path = await findUnixctl(ovsdb, unixctl);
    const text = await askUnixctl(path, 'ofproto/trace', [site.bridge, toTraceFlow(frame, number)], answerMs);
    return parseTrace(text, site.bridge).map((rule) => withPortNames(rule, node.portName));
  }

  function flowsOf(node: OvsNode, segment: Segment): CookiedFlow[] {
    const cookie = toCookie(instance, segment.vi.viNumber);
    // Those that are being changed just now are taken as they will be.
    if (!node.isKept(cookie)) return [];
    const plan = segments.planFor(segment, node.node);
    const isThere = ({ where, match }: CookiedFlow['flow']): boolean =>
      (where === undefined || where === node.answerer()) &&
      (match.inPort === undefined || node.ports().has(match.inPort));
    return (plan === undefined ? [] : flowsOfPlan(plan)).filter(isThere).map((flow) => ({ cookie, flow }));
  }

  return async (name: string, frame: EnteringFrame): Promise<Look> => {
    try {
      return { rules: await askSwitch(name, frame), source: 'switch' };
    } catch (error) {
      const node = nodeOf(name);
      const flows = segments.all().flatMap((segment) => flowsOf(node, segment));
      return { rules: evaluate(flows, frame), source: 'flows', sourceReason: (error as Error).message };
    }
  };
}
