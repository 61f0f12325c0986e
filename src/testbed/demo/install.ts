/** The Debian packages, by the script that also `npm test` uses; what it is about to do is passed on line by line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { packageFile } from '../../lib/package-root.js';

/** Whether there was something to install. */
export async function installSystemPackages(announce: (line: string) => void): Promise<boolean> {
  const script = packageFile('scripts', 'system-packages.mjs');
  const child = spawn(process.execPath, [script, '--install'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const complaints: string[] = [];
  let installed = false;
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    installed = true;
    announce(line);
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  if (exitCode !== 0) throw new Error(complaints.join('\n') || `${script} ended with code ${exitCode}`);
  return installed;
}
