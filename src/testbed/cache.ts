/** What is expensive to make and the same for every run. May be deleted at any time; outlives the runs. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const cacheDirectory = join(process.env.XDG_CACHE_HOME ?? '/var/cache', 'iris-testbed');

/** Makes a folder of the cache whole or not at all, also when two runs make it at once: the second finds the first's. */
export async function publishFolder(folder: string, fill: (temporary: string) => void | Promise<void>): Promise<void> {
  mkdirSync(cacheDirectory, { recursive: true });
  const temporary = mkdtempSync(join(cacheDirectory, 'making-'));
  try {
    await fill(temporary);
    chmodSync(temporary, 0o755);
    if (!existsSync(folder)) renameSync(temporary, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
