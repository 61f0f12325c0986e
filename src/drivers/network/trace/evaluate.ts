/** What a switch would do with a frame, evaluated over the flows that it was given: for a switch that cannot be asked itself. Pure. */
import { isMatch, type Pipelined } from '../plan/frame-match.js';
import type { PlanFlow, Protocol } from '../plan/node-plan.js';
import { type TableName, tables } from '../plan/pipeline.js';
import { instructionTexts, matchText } from '../plan/plan-text.js';
import type { EnteringFrame, Rule } from './rule.js';

export interface CookiedFlow {
  cookie: bigint;
  flow: PlanFlow;
}

const protocolOf = (ip: string): Protocol => (ip.includes(':') ? 'ipv6' : 'ipv4');

const toPipelined = ({ inPort, tunnelKey, vlan, from, to, fromIp }: EnteringFrame): Pipelined => ({
  inPort,
  metadata: 0n,
  tunnelKey: tunnelKey ?? 0,
  frame: {
    vlan,
    source: from,
    destination: to,
    ...(fromIp === undefined ? {} : { protocol: protocolOf(fromIp), senderIp: fromIp }),
  },
});

const findBest = (flows: readonly CookiedFlow[], table: TableName, at: Pipelined): CookiedFlow | undefined =>
  flows
    .filter(({ flow }) => flow.table === table && isMatch(flow.match, at))
    .sort((a, b) => b.flow.priority - a.flow.priority)[0];

export function evaluate(flows: readonly CookiedFlow[], entering: EnteringFrame): Rule[] {
  const at = toPipelined(entering);
  const rules: Rule[] = [];
  let table: TableName | undefined = 'classify';
  while (table !== undefined) {
    const here: TableName = table;
    const best: CookiedFlow | undefined = findBest(flows, here, at);
    if (best === undefined) return [...rules, { table: tables[here], cookie: 0n, match: '', actions: [] }];
    const { cookie, flow }: CookiedFlow = best;
    rules.push({
      table: tables[here],
      priority: flow.priority,
      cookie,
      match: matchText(flow.match),
      actions: instructionTexts(flow),
    });
    if (flow.writeMetadata !== undefined)
      at.metadata = (at.metadata & ~flow.writeMetadata.mask) | flow.writeMetadata.value;
    table = flow.goTo;
  }
  return rules;
}
