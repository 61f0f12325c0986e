import assert from 'node:assert/strict';
import { createFlowWatch } from '../../../src/drivers/network/ovs/flow-watch.js';
import { toCookie } from '../../../src/drivers/network/plan/pipeline.js';
import type { SwitchSession } from '../../../src/openflow/switch-session.js';

describe('flow watch', () => {
  const instance = '7f1c6b1e-6f57-4a53-9d9e-0d9f0a4b8d11';
  const [one, two, unknown] = [1, 2, 3].map((viNumber) => toCookie(instance, viNumber)) as [bigint, bigint, bigint];
  const present = new Map<bigint, number>();
  let questions = 0;
  const session = {
    async multipart(_part: string, { cookie, cookie_mask }: { cookie: bigint; cookie_mask: bigint }) {
      questions += 1;
      const flows = [...present].filter(([known]) => (known & cookie_mask) === (cookie & cookie_mask));
      return { packet_count: 0n, byte_count: 0n, flow_count: flows.reduce((sum, [, count]) => sum + count, 0) };
    },
  } as unknown as SwitchSession;

  it('asks once while all are there, and finds out whose are not', async () => {
    const wanted = new Map([
      [one, 14],
      [two, 20],
    ]);
    present.set(one, 14).set(two, 20);
    const look = createFlowWatch();
    assert.deepEqual([await look(session, wanted), questions], [[], 1]);
    present.set(two, 19);
    assert.deepEqual(await look(session, wanted), [two]);
    present.clear();
    assert.deepEqual(await look(session, wanted), [one, two]);
  });

  it("flows of nobody's VI are counted once, and are not looked for again", async () => {
    present.set(one, 14).set(unknown, 5);
    const wanted = new Map([[one, 14]]);
    const look = createFlowWatch();
    assert.deepEqual(await look(session, wanted), []);
    questions = 0;
    assert.deepEqual([await look(session, wanted), questions], [[], 1]);
    present.set(one, 13);
    assert.deepEqual(await look(session, wanted), [one]);
  });

  it('asks nothing where nothing should be', async () => {
    questions = 0;
    assert.deepEqual([await createFlowWatch()(session, new Map()), questions], [[], 0]);
  });
});
