/** What a flow matches and what it does, as text: the same for what we write and for what a switch reads back of it. */
import type { PartReply } from '../../../wire/openflow/multipart.js';
import { reservedPort } from '../../../wire/openflow/reserved-numbers.js';
import type { ResolvedFlow } from './resolve.js';

export type SwitchFlow = Pick<PartReply<'flow'>[number], 'table_id' | 'priority' | 'cookie' | 'match' | 'instructions'>;
export type AnyFlow = ResolvedFlow | SwitchFlow;

/** Fields in one order, defaults left out. */
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

type AnyAction = { type: string; port?: number; max_len?: number };

/** `max_len` means something only towards the controller (OpenFlow 1.3.5 §7.2.5). */
const withoutMaxLen = (action: AnyAction): object =>
  action.type === 'output' && action.port !== reservedPort.controller ? { ...action, max_len: undefined } : action;

/** Instructions of a flow are a set: a switch lists them in the order in which it runs them. */
const instructionsText = (instructions: AnyFlow['instructions']): string =>
  instructions
    .map((instruction) =>
      canonical(
        instruction.type === 'apply_actions'
          ? { ...instruction, actions: instruction.actions.map((action) => withoutMaxLen(action as AnyAction)) }
          : instruction,
      ),
    )
    .sort()
    .join();

/** Of what is not changed once it is there, and what many flows have in common. */
function remembering<T extends object>(toText: (from: T) => string): (from: T) => string {
  const texts = new WeakMap<T, string>();
  return (from) => {
    const text = texts.get(from) ?? toText(from);
    texts.set(from, text);
    return text;
  };
}

const matchText = remembering<AnyFlow['match']>(canonical);
const contentText = remembering(instructionsText);

export const flowKey = ({ table_id, priority, match }: AnyFlow): string =>
  `${table_id} ${priority} ${matchText(match)}`;

export const flowContent = ({ cookie, instructions }: AnyFlow): string => `${cookie} ${contentText(instructions)}`;
