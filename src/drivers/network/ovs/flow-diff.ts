/** What a switch has and what it should have → the messages between the two: meters ahead, then one bundle that adds before it removes. */
import type { Message } from '../../../wire/openflow/message-codec.js';
import type { PartReply } from '../../../wire/openflow/multipart.js';
import { meterFlag, reservedPort } from '../../../wire/openflow/reserved-numbers.js';
import type { RateMeter } from '../plan/node-plan.js';
import { exactCookieMask, newsBurst, rateBurstKbit } from '../plan/pipeline.js';
import type { ResolvedFlow, ResolvedMeters } from './resolve.js';

export type SwitchFlow = Pick<PartReply<'flow'>[number], 'table_id' | 'priority' | 'cookie' | 'match' | 'instructions'>;
export type SwitchMeter = PartReply<'meter_config'>[number];
type AnyFlow = ResolvedFlow | SwitchFlow;

/** The same text for what we write and for what a switch reads back: fields in one order, defaults left out. */
function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${fields
    .map(([name, item]) => `${name}:${canonical(item)}`)
    .sort()
    .join()}}`;
}

export const flowKey = (flow: AnyFlow): string => `${flow.table_id} ${flow.priority} ${canonical(flow.match)}`;

type AnyAction = { type: string; port?: number; max_len?: number };

/** `max_len` means something only towards the controller (OpenFlow 1.3.5 §7.2.5). */
const withoutMaxLen = (action: AnyAction): object =>
  action.type === 'output' && action.port !== reservedPort.controller ? { ...action, max_len: undefined } : action;

/** Instructions of a flow are a set: a switch lists them in the order in which it runs them. */
export function flowContent(flow: AnyFlow): string {
  const instructions = flow.instructions.map((instruction) =>
    canonical(
      instruction.type === 'apply_actions'
        ? { ...instruction, actions: instruction.actions.map((action) => withoutMaxLen(action as AnyAction)) }
        : instruction,
    ),
  );
  return `${flow.cookie} ${instructions.sort().join()}`;
}

export interface FlowDifference {
  /** Sent as one bundle. */
  messages: Message[];
  added: number;
  removed: number;
}

const toAdd = (flow: ResolvedFlow): Message => ({ type: 'flow_mod', command: 'add', ...flow });

/** Only if it still bears our cookie: somebody's flow of the same match is not removed by mistake. */
const toRemove = (flow: SwitchFlow): Message => ({
  type: 'flow_mod',
  command: 'delete_strict',
  table_id: flow.table_id,
  priority: flow.priority,
  cookie: flow.cookie,
  cookie_mask: exactCookieMask,
  match: flow.match,
});

export function diffFlows(present: readonly SwitchFlow[], wanted: readonly ResolvedFlow[]): FlowDifference {
  const contentByKey = new Map(present.map((flow) => [flowKey(flow), flowContent(flow)]));
  const wantedKeys = new Set(wanted.map(flowKey));
  // An ADD of the same match and priority replaces the flow at once (§6.4).
  const additions = wanted.filter((flow) => contentByKey.get(flowKey(flow)) !== flowContent(flow));
  const removals = present.filter((flow) => !wantedKeys.has(flowKey(flow)));
  return {
    messages: [...additions.map(toAdd), ...removals.map(toRemove)],
    added: additions.length,
    removed: removals.length,
  };
}

const meterFlags = meterFlag.packetsPerSecond | meterFlag.burst;
const rateMeterFlags = meterFlag.kbps | meterFlag.burst;

interface WantedMeter {
  flags: number;
  rate: number;
  burst: number;
}

const isAsWanted = ({ flags, bands: [band] }: SwitchMeter, wanted: WantedMeter): boolean =>
  flags === wanted.flags && band?.type === 'drop' && band.rate === wanted.rate && band.burst_size === wanted.burst;

const toWantedNewsMeter = (perSecond: number): WantedMeter => ({
  flags: meterFlags,
  rate: perSecond,
  burst: newsBurst(perSecond),
});

const toWantedRateMeter = ({ kbps }: RateMeter): WantedMeter => ({
  flags: rateMeterFlags,
  rate: kbps,
  burst: rateBurstKbit(kbps),
});

/** To be sent before the flows that name them. */
export function diffMeters(present: readonly SwitchMeter[], { news, rates }: ResolvedMeters): Message[] {
  const byId = new Map(present.map((meter) => [meter.meter_id, meter]));
  const all = new Map([
    ...news.ids.map((meterId) => [meterId, toWantedNewsMeter(news.perSecond)] as const),
    ...rates.map((meter) => [meter.meterId, toWantedRateMeter(meter)] as const),
  ]);
  return [...all].flatMap(([meter_id, wanted]): Message[] => {
    const known = byId.get(meter_id);
    if (known !== undefined && isAsWanted(known, wanted)) return [];
    return [
      {
        type: 'meter_mod',
        command: known === undefined ? 'add' : 'modify',
        flags: wanted.flags,
        meter_id,
        bands: [{ type: 'drop', rate: wanted.rate, burst_size: wanted.burst }],
      },
    ];
  });
}

/** Meters that none of these flows passes: to be removed after the flows, since a switch removes a meter's flows with it. */
export function deriveIdleMeters(present: readonly number[], flows: readonly AnyFlow[]): Message[] {
  const used = new Set(
    flows.flatMap(({ instructions }) => instructions.map((i) => (i.type === 'meter' ? i.meter_id : 0))),
  );
  return present
    .filter((meter_id) => !used.has(meter_id))
    .map((meter_id) => ({ type: 'meter_mod', command: 'delete', flags: meterFlags, meter_id }));
}

/** Ports by which flows take frames in: a tunnel or external port that none names is used by no VI. */
export const usedPorts = (flows: readonly AnyFlow[]): Set<number> =>
  new Set(flows.flatMap(({ match }) => (typeof match.in_port === 'number' ? [match.in_port] : [])));
