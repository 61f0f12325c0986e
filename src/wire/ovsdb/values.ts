/** Values of OVSDB columns, RFC 7047 §5.1: atoms, sets, maps and UUIDs, to and from plain ones. */
export type Uuid = readonly ['uuid', string] | readonly ['named-uuid', string];
export type Atom = string | number | boolean | Uuid;
export type OvsdbSet = readonly ['set', readonly Atom[]];
export type OvsdbMap = readonly ['map', readonly (readonly [Atom, Atom])[]];
export type OvsdbValue = Atom | OvsdbSet | OvsdbMap;
export type OvsdbRow = Readonly<Record<string, OvsdbValue>>;

export const toUuid = (uuid: string): Uuid => ['uuid', uuid];
/** A row that the same transaction inserts under this name. */
export const toNamedUuid = (name: string): Uuid => ['named-uuid', name];

export const toSet = (atoms: readonly Atom[]): OvsdbSet => ['set', atoms];

export const toMap = (entries: Readonly<Record<string, string>>): OvsdbMap => ['map', Object.entries(entries)];

const isTagged = (value: OvsdbValue, tag: string): boolean => Array.isArray(value) && value[0] === tag;

/** A set of exactly one element is written as that element. */
export function fromSet(value: OvsdbValue | undefined): readonly Atom[] {
  if (value === undefined) return [];
  if (isTagged(value, 'set')) return (value as OvsdbSet)[1];
  return [value as Atom];
}

/** UUIDs of a reference column. */
export const fromUuidSet = (value: OvsdbValue | undefined): string[] =>
  fromSet(value).flatMap((atom) => (Array.isArray(atom) && atom[0] === 'uuid' ? [atom[1] as string] : []));

/** The only element of an optional column. */
export const fromOptional = (value: OvsdbValue | undefined): Atom | undefined => fromSet(value)[0];

export function fromMap(value: OvsdbValue | undefined): Record<string, string> {
  if (value === undefined || !isTagged(value, 'map')) return {};
  return Object.fromEntries((value as OvsdbMap)[1].map(([key, item]) => [String(key), String(item)]));
}
