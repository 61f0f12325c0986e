/**
 * Whether a switch can answer questions by itself. It is tried: a switch reads a flow-mod as a whole, and says what it does not
 * know in it, also where it deletes a flow that is not there.
 */
import type { SwitchSession } from '../../../openflow/switch-session.js';
import type { Answerer, PlanFlow } from '../plan/node-plan.js';
import { type ResolvedFlow, resolveFlows } from './resolve.js';

const mac = '02:00:00:00:00:00';
const question = (protocol: 'arpRequest' | 'neighbourSolicitation', target: string): PlanFlow => ({
  table: 'resolve',
  priority: 0,
  match: { protocol, target },
  actions: [{ type: protocol === 'arpRequest' ? 'replyArp' : 'turnSolicitation', mac, ip: target }],
});

const tried: readonly PlanFlow[] = [
  question('arpRequest', '192.0.2.1'),
  { ...question('neighbourSolicitation', '2001:db8::1'), goTo: 'advertise' },
  {
    table: 'advertise',
    priority: 0,
    match: { protocol: 'neighbourAdvertisement' },
    actions: [{ type: 'sendAdvertisement' }],
  },
];

/** No flow of ours bears it. */
const nobody = 0n;

export async function findAnswerer(session: SwitchSession): Promise<Answerer> {
  const flows: ResolvedFlow[] = resolveFlows(tried, nobody, new Map(), 'switch');
  const refusals = await session.sendAll(
    flows.map((flow) => ({ type: 'flow_mod', command: 'delete_strict', cookie_mask: 0xffff_ffff_ffff_ffffn, ...flow })),
  );
  return refusals.length === 0 ? 'switch' : 'controller';
}
