/** The note that Iris keeps on a node, in the `external_ids` of its own bridge: pure on the bridge as the replica has it. */
import type { NodeNote, NodeNoteChange } from '../../../domain/ports/network-driver.js';
import { noteKeys } from '../../../domain/vi/mark.js';
import { hasUuid, type Operation } from '../../../wire/ovsdb/operations.js';
import { fromMap, toMap, toSet, toUuid } from '../../../wire/ovsdb/values.js';
import type { BridgeState } from './bridge-rows.js';

const { round: roundKey, recordPrefix } = noteKeys;

const readIds = (state: BridgeState): Record<string, string> => fromMap(state.row.external_ids);

/** A node without our bridge bears nothing. */
export function readNote(state: BridgeState | undefined): NodeNote {
  const ids = state === undefined ? {} : readIds(state);
  const records = Object.entries(ids).flatMap(([key, text]) =>
    key.startsWith(recordPrefix) ? [[key.slice(recordPrefix.length), text]] : [],
  );
  return { round: Number(ids[roundKey] ?? 0), records: Object.fromEntries(records) };
}

/** Only the keys that change are named, so that what others write beside them stays. */
export function deriveNoteChange(state: BridgeState, { round, records = {} }: NodeNoteChange): Operation[] {
  const present = readNote(state);
  const wanted = new Map<string, string | undefined>(
    Object.entries(records).map(([connectionId, text]) => [`${recordPrefix}${connectionId}`, text]),
  );
  if (round !== undefined && round > present.round) wanted.set(roundKey, String(round));
  const ids = readIds(state);
  const changed = [...wanted].filter(([key, text]) => ids[key] !== text);
  if (changed.length === 0) return [];
  const added = changed.flatMap(([key, text]) => (text === undefined ? [] : [[key, text] as const]));
  return [
    {
      op: 'mutate',
      table: 'Bridge',
      where: [hasUuid(toUuid(state.uuid))],
      mutations: [
        ['external_ids', 'delete', toSet(changed.map(([key]) => key))],
        ['external_ids', 'insert', toMap(Object.fromEntries(added))],
      ],
    },
    { op: 'comment', comment: 'iris: note' },
  ];
}
