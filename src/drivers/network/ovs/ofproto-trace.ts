/**
 * `ofproto/trace` of Open vSwitch: the question, and its answer read back. Its text is made for people (ovs-vswitchd(8)); what is read of
 * it are the flows of the first bridge, which is ours. What follows beyond a tunnel or a patch stands indented among them. Pure.
 */
import { isIPv6 } from 'node:net';
import { WireError } from '../../../wire/wire-error.js';
import type { EnteringFrame, Rule } from '../trace/rule.js';

/** Names of ports where they have one; a switch without names for them is asked by number. */
export function toTraceFlow(frame: EnteringFrame, portNumber: number): string {
  const { tunnelKey, vlan, from, to, fromIp } = frame;
  const address =
    fromIp === undefined ? [] : isIPv6(fromIp) ? [`ipv6`, `ipv6_src=${fromIp}`] : ['ip', `nw_src=${fromIp}`];
  return [
    `in_port=${portNumber}`,
    ...(tunnelKey === undefined ? [] : [`tun_id=0x${tunnelKey.toString(16)}`]),
    ...(vlan === 0 ? [] : [`dl_vlan=${vlan}`]),
    `dl_src=${from}`,
    `dl_dst=${to}`,
    ...address,
  ].join(',');
}

const bridgeLine = /^bridge\("(.*)"\)$/;
const ruleLine = /^ {0,1}(\d+)\. (.*)$/;
const ruleHead = /^(?:(.*), )?priority (\d+)(?:, cookie (0x[0-9a-f]+))?$/;
/** Four spaces; deeper are remarks, and what happens elsewhere. */
const actionLine = /^ {4}(\S.*)$/;

function readRule(table: string, head: string, line: number): Rule {
  if (head === 'No match.') return { table: Number(table), cookie: 0n, match: '', actions: [] };
  const found = ruleHead.exec(head);
  if (found === null) throw new WireError(`not a flow of ofproto/trace: '${head}'`, line);
  const [, match = '', priority, cookie = '0'] = found;
  return { table: Number(table), priority: Number(priority), cookie: BigInt(cookie), match, actions: [] };
}

/** Ports by number. Throws WireError, whose offset is the line's number. */
export function parseTrace(text: string, bridge: string): Rule[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => bridgeLine.exec(line)?.[1] === bridge);
  if (start < 0) throw new WireError(`ofproto/trace tells nothing of bridge '${bridge}'`, lines.length);
  const rules: Rule[] = [];
  for (let at = start + 1; at < lines.length; at += 1) {
    const line = lines[at]!;
    if (bridgeLine.test(line) || /^(Final flow|Megaflow|Datapath actions):/.test(line)) break;
    const [, table, head] = ruleLine.exec(line) ?? [];
    const [, action] = actionLine.exec(line) ?? [];
    if (table !== undefined && head !== undefined) rules.push(readRule(table, head, at + 1));
    else if (action !== undefined && !bridgeLine.test(action) && !/^-+$/.test(action) && action !== 'drop')
      rules.at(-1)?.actions.push(action);
  }
  if (rules.length === 0) throw new WireError(`ofproto/trace tells no flow of bridge '${bridge}'`, start + 1);
  return rules;
}

/** With names in place of numbers, as `ovs-ofctl --names` has them. */
export function withPortNames(rule: Rule, nameOf: (port: number) => string | undefined): Rule {
  const named = (text: string): string =>
    text.replace(
      /\b(in_port=|output:)(\d+)/g,
      (_, what: string, port: string) => what + (nameOf(Number(port)) ?? port),
    );
  return { ...rule, match: named(rule.match), actions: rule.actions.map(named) };
}
