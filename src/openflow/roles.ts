/**
 * Which of several controllers may change a switch (OpenFlow 1.3.5 §6.3.6): exactly one is master, the others are slaves and hear of
 * nothing but ports. Who it should be is decided elsewhere, and comes here as a generation id; the switch refuses an older one.
 */
import { badRequestIsSlave, errorType, roleRequestStale } from '../wire/openflow/error-names.js';
import { type OpenflowError, toOpenflowError } from './openflow-error.js';
import type { SwitchSession } from './switch-session.js';

/** `stale`: the switch has seen a newer generation, and who asked is not master. */
export type RoleOutcome =
  | { outcome: 'master'; generation: bigint }
  | { outcome: 'slave' }
  | { outcome: 'stale'; seen: bigint };

/** What a switch says that has seen no generation id yet (Open vSwitch). */
const noGeneration = 0xffff_ffff_ffff_ffffn;

/** Generation ids are compared as a distance, so that they may wrap around (OpenFlow 1.3.5 §6.3.6). */
export const isNewer = (generation: bigint, than: bigint): boolean => BigInt.asIntN(64, generation - than) > 0n;

const isAnswer = (error: OpenflowError | undefined, type: number, code: number): boolean =>
  [...(error?.answer === undefined ? [] : [error.answer]), ...(error?.refusals ?? [])].some(
    ({ errorType: given, errorCode }) => given === type && errorCode === code,
  );

const isStale = (error: unknown): boolean =>
  isAnswer(toOpenflowError(error), errorType.roleRequestFailed, roleRequestStale);

/** A change was refused because another controller is master now. */
export const isRefusedAsSlave = (error: unknown): boolean =>
  isAnswer(toOpenflowError(error), errorType.badRequest, badRequestIsSlave);

/** Asks without changing anything. Undefined: no controller has said one yet. */
export async function askGeneration(session: SwitchSession): Promise<bigint | undefined> {
  const { generation_id } = await session.request({ type: 'role_request', role: 'nochange', generation_id: 0n });
  return generation_id === noGeneration ? undefined : generation_id;
}

/** One mask for master and equal, one for slave: bits are the reasons of each message (OpenFlow 1.3.5 §7.3.10). */
const masks = (master: number, slave: number): Uint8Array => Uint8Array.of(0, 0, 0, master, 0, 0, 0, slave);

/** Packets and removed flows are the master's business; of ports everybody hears, so as to know them when it has to step in. */
const setAsync = {
  type: 'set_async',
  packet_in_mask: masks(0b011, 0),
  port_status_mask: masks(0b111, 0b111),
  flow_removed_mask: masks(0b1111, 0),
} as const;

/**
 * Becomes master of the switch with `generation`, which must be newer than all that the switch has seen of others. `mine`: ids that this
 * very controller has used may be used again. Rejects with OpenflowError as any request does.
 */
export async function becomeMaster(session: SwitchSession, generation: bigint, mine: bigint): Promise<RoleOutcome> {
  session.send(setAsync);
  const seen = await askGeneration(session);
  if (seen !== undefined && seen !== mine && !isNewer(generation, seen)) return { outcome: 'stale', seen };
  try {
    await session.request({ type: 'role_request', role: 'master', generation_id: generation });
    return { outcome: 'master', generation };
  } catch (error) {
    if (!isStale(error)) throw error;
    return { outcome: 'stale', seen: (await askGeneration(session)) ?? generation };
  }
}

/** Somebody may become master between question and request: then the newer generation is asked for. */
const attempts = 5;

/** Stands by: from here on the switch takes no change from us, and sends no packets. Rejects with OpenflowError. */
export async function becomeSlave(session: SwitchSession): Promise<RoleOutcome> {
  session.send(setAsync);
  for (let attempt = 1; ; attempt += 1) {
    const seen = await askGeneration(session);
    try {
      await session.request({ type: 'role_request', role: 'slave', generation_id: seen ?? 0n });
      return { outcome: 'slave' };
    } catch (error) {
      if (!isStale(error) || attempt === attempts) throw error;
    }
  }
}
