/** How old flows are, and how many packets they have counted: whether somebody wrote them anew. */
import assert from 'node:assert/strict';

interface FlowAge {
  durationSeconds: number;
  packets: number;
}

/** By all of a flow that does not count. */
export type FlowAges = ReadonlyMap<string, FlowAge>;

/** A switch looks at its clock once per turn. A process needs longer than this from its start to its first flow. */
const coarseSeconds = 0.5;

/** Of `ovs-ofctl dump-flows`, line by line. */
export const parseFlowAges = (node: string, lines: readonly string[]): [string, FlowAge][] =>
  lines.flatMap((line) => {
    const found = / duration=([\d.]+)s,(.*) n_packets=(\d+), n_bytes=\d+,/.exec(line);
    if (found === null) return [];
    const key = `${node} ${line.slice(0, found.index)}${found[2]}${line.slice(found.index + found[0].length)}`;
    return [[key, { durationSeconds: Number(found[1]), packets: Number(found[3]) }]];
  });

/** All that stood before stands, is older than what happened `sinceSeconds` ago, and has not begun to count anew. */
export function assertNotRewritten(before: FlowAges, after: FlowAges, sinceSeconds: number): void {
  assert.ok(before.size > 0);
  for (const [key, was] of before) {
    const is = after.get(key);
    assert.ok(is !== undefined, `${key}: is gone`);
    assert.ok(
      is.durationSeconds + coarseSeconds > sinceSeconds,
      `${key}: ${is.durationSeconds} s old, ${sinceSeconds} s after`,
    );
    assert.ok(is.packets >= was.packets, `${key}: ${is.packets} packets, were ${was.packets}`);
  }
}
