/**
 * Where a fake driver keeps what stands on a simulated node: in memory, gone with the process as tests like it; or in a folder, a file
 * per entry, which outlives the process and may be shared by several, as a real node is.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The part of a Map that the drivers use. From a folder, `get` gives a copy: what is changed has to be set again. */
export type Shelf<V> = Pick<Map<string, V>, 'has' | 'get' | 'delete' | 'clear' | 'keys' | 'values' | 'entries'> & {
  set(key: string, value: V): void;
};

const bigintKey = '$bigint';

const toText = (value: unknown): string =>
  JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? { [bigintKey]: `${item}` } : item), 2);

const fromText = <V>(text: string): V =>
  JSON.parse(text, (_, item) =>
    item !== null && typeof item === 'object' && bigintKey in item ? BigInt(item[bigintKey]) : item,
  );

const suffix = '.json';
let writes = 0;

function createFolderShelf<V>(folder: string): Shelf<V> {
  mkdirSync(folder, { recursive: true });
  const fileOf = (key: string): string => join(folder, `${encodeURIComponent(key)}${suffix}`);
  const get = (key: string): V | undefined => {
    try {
      return fromText<V>(readFileSync(fileOf(key), 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  const keys = (): string[] =>
    readdirSync(folder)
      .filter((name) => name.endsWith(suffix))
      .map((name) => decodeURIComponent(name.slice(0, -suffix.length)));
  /** What another process takes away meanwhile is not there. */
  const entries = (): [string, V][] =>
    keys().flatMap((key) => {
      const value = get(key);
      return value === undefined ? [] : [[key, value]];
    });
  const remove = (key: string): boolean => {
    const there = get(key) !== undefined;
    rmSync(fileOf(key), { force: true });
    return there;
  };
  return {
    get,
    has: (key) => get(key) !== undefined,
    set(key, value) {
      // Killed half way, it leaves the old entry or the new one.
      writes += 1;
      const partial = join(folder, `${process.pid}-${writes}.partial`);
      writeFileSync(partial, toText(value));
      renameSync(partial, fileOf(key));
    },
    delete: remove,
    clear: () => keys().forEach(remove),
    keys: () => keys().values(),
    values: () =>
      entries()
        .map(([, value]) => value)
        .values(),
    entries: () => entries().values(),
  };
}

/** `folder` undefined: in memory. */
export const createShelf = <V>(folder: string | undefined, ...path: string[]): Shelf<V> =>
  folder === undefined ? new Map<string, V>() : createFolderShelf<V>(join(folder, ...path));
