/** Everything is given back, and what was there before is as it was. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { runPath } from '../run-directory.js';
import { coRelease, everyTenant } from './co-allocate.js';
import { alwaysStanding, type Remains, takeForeignSnapshots, takeRemains } from './remains.js';
import { type Demo, part, show } from './step.js';

const remainsOf = (demo: Demo): Promise<Remains[]> =>
  takeRemains(part(demo, 'cloud'), Object.values(part(demo, 'sites')));

/** What the same questions find while everything stands: they would see it. */
export async function showSomethingStands(demo: Demo): Promise<void> {
  demo.progress('asking virsh, ovs-vsctl, ovs-ofctl and SQL');
  const counts = new Map<string, number>();
  for (const { kind, left } of await remainsOf(demo)) counts.set(kind, (counts.get(kind) ?? 0) + left.length);
  const found = [...counts].map(([kind, count]) => `${count} ${kind}`);
  demo.say(`before the release: ${found.join(', ')}`);
  for (const kind of alwaysStanding) show((counts.get(kind) ?? 0) > 0, `while all stands, no ${kind} are found`);
}

export async function releaseEverything(demo: Demo): Promise<void> {
  demo.progress('iris co-release');
  await Promise.all(everyTenant.map((tenant) => coRelease(demo, tenant)));
}

export async function showNothingLeft(demo: Demo): Promise<void> {
  demo.progress('asking virsh, ovs-vsctl, ovs-ofctl and SQL');
  const remains = await remainsOf(demo);
  for (const { asked, left } of remains)
    demo.say(`${asked}: ${left.length === 0 ? 'nothing of ours' : left.join('; ')}`);
  const found = remains.filter(({ left }) => left.length > 0);
  show(found.length === 0, found.map(({ asked, left }) => `${asked} still shows ${left.join('; ')}`).join('\n'));
}

/** Both texts stay in the folder of logs, for a diff. Where a switch itself was restarted nothing can be said. */
export async function showForeignUntouched(demo: Demo, restarted: readonly string[] = []): Promise<void> {
  const before = part(demo, 'foreignBefore');
  const after = await takeForeignSnapshots(part(demo, 'cloud'));
  for (const [machine, text] of Object.entries(after).filter(([name]) => !restarted.includes(name))) {
    const files = [
      runPath(demo.run, 'logs', `foreign-${machine}-before`),
      runPath(demo.run, 'logs', `foreign-${machine}-after`),
    ];
    writeFileSync(files[0]!, before[machine]!);
    writeFileSync(files[1]!, text);
    show(text === before[machine], `what is foreign on ${machine} has changed: diff ${files.join(' ')}`);
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
    demo.say(`${machine}: what is foreign is as it was, ${Buffer.byteLength(text)} bytes, sha256 ${digest}…`);
  }
}
