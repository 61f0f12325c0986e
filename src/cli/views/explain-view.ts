/** The way of a frame as text for people: a paragraph for each switch, what becomes of it last. */
import type { RmsRequest, RmsResponse } from '../../wire/rms/types.js';

type Explained = RmsResponse<'explain'>;
type Step = Explained['steps'][number];
type Rule = Step['rules'][number];
type Output = Step['outputs'][number];

const targetText: Record<Output['leadsTo'], (name: string) => string> = {
  vm: (name) => `VM ${name}`,
  externalPort: (name) => `external port ${name}`,
  node: (name) => `node ${name}`,
  site: (name) => `site ${name}`,
  service: (name) => `the other end of the patch, ${name}`,
  controller: () => 'Iris',
  sender: () => 'back to its sender',
  unknown: () => 'nothing of this reservation',
};

const sourceText = ({ source, sourceReason }: Step): string =>
  source === 'switch'
    ? 'as the switch says (ofproto/trace)'
    : `evaluated over the flows that Iris has standing there${sourceReason === undefined ? '' : `: ${sourceReason}`}`;

function ruleLines({ table, priority, match, actions, connectionId, viNumber, reason }: Rule): string[] {
  const whose = connectionId === undefined ? '' : `, VI ${viNumber ?? '?'} of ${connectionId}`;
  const what = priority === undefined ? 'no flow' : `priority ${priority}${match === '' ? '' : `, ${match}`}${whose}`;
  return [`  ${reason}`, `      ${table}: ${what}`, `      actions: ${actions.join(',') || 'drop'}`];
}

function stepText(step: Step, index: number): string {
  const { node, inPort, vlan, rules, outputs } = step;
  return [
    `${index + 1}. ${node}, in by ${inPort}${vlan === 0 ? '' : `, VLAN ${vlan}`}; ${sourceText(step)}`,
    ...rules.flatMap(ruleLines),
    ...(outputs.length === 0
      ? ['  -> nowhere']
      : outputs.map(({ port, leadsTo, name }) => `  -> ${port}: ${targetText[leadsTo](name)}`)),
  ].join('\n');
}

export function explainText(
  { connectionId, tenant, segmentKey, outcome, steps }: Explained,
  { from, to, vlan = 0 }: RmsRequest<'explain'>,
): string {
  return [
    `from ${from} to ${to}, VLAN ${vlan}, in ${connectionId} of ${tenant}, segment key ${segmentKey}`,
    ...steps.map(stepText),
    outcome,
  ].join('\n\n');
}
