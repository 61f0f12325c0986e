/** Dates in what came out of JSON: every text under one of these keys, however deep. */
export function reviveDates(value: unknown, keys: ReadonlySet<string>, key = ''): unknown {
  if (typeof value === 'string') return keys.has(key) ? new Date(value) : value;
  if (Array.isArray(value)) return value.map((item) => reviveDates(item, keys));
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, reviveDates(item, keys, name)]));
}
