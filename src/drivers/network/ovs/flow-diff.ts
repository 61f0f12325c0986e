/** What a switch has and what it should have → the messages between the two: meters ahead, then one bundle that adds before it removes. */
import type { Message } from '../../../wire/openflow/message-codec.js';
import type { PartReply } from '../../../wire/openflow/multipart.js';
import { meterFlag } from '../../../wire/openflow/reserved-numbers.js';
import type { RateMeter } from '../plan/node-plan.js';
import { exactCookieMask, newsBurst, rateBurstKbit } from '../plan/pipeline.js';
import { type AnyFlow, flowContent, flowKey } from './flow-text.js';
import type { ResolvedFlow, ResolvedMeters } from './resolve.js';

export type SwitchMeter = PartReply<'meter_config'>[number];
export interface FlowDifference {
  /** Sent as one bundle. */
  messages: Message[];
  added: number;
  removed: number;
}

const toAdd = (flow: ResolvedFlow): Message => ({ type: 'flow_mod', command: 'add', ...flow });

/** Only if it still bears our cookie: somebody's flow of the same match is not removed by mistake. */
const toRemove = (flow: AnyFlow): Message => ({
  type: 'flow_mod',
  command: 'delete_strict',
  table_id: flow.table_id,
  priority: flow.priority,
  cookie: flow.cookie,
  cookie_mask: exactCookieMask,
  match: flow.match,
});

export function diffFlows(present: readonly AnyFlow[], wanted: readonly ResolvedFlow[]): FlowDifference {
  const presentByKey = new Map(present.map((flow) => [flowKey(flow), flow]));
  const wantedKeys = new Set<string>();
  // An ADD of the same match and priority replaces the flow at once (§6.4).
  const additions = wanted.filter((flow) => {
    const key = flowKey(flow);
    wantedKeys.add(key);
    const known = presentByKey.get(key);
    return known === undefined || (known !== flow && flowContent(known) !== flowContent(flow));
  });
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
