/** What a switch refuses because it has changed since it was read is worked out anew, once. */
import assert from 'node:assert/strict';
import { applyFlows, toDriverError } from '../../../src/drivers/network/ovs/flow-apply.js';
import { OpenflowError, type Refusal } from '../../../src/openflow/openflow-error.js';
import type { SwitchSession } from '../../../src/openflow/switch-session.js';
import { badRequestIsSlave, errorType } from '../../../src/wire/openflow/error-names.js';
import type { Message } from '../../../src/wire/openflow/message-codec.js';

const datapathId = '0000000000000001';
const cookie = 0x5006_1dee_0000_0001n;
const flow = {
  ...{ table_id: 0, priority: 1, cookie, match: {} },
  instructions: [{ type: 'meter' as const, meter_id: 1 }],
};
const wanted = { cookie, flows: [flow], meters: { news: { ids: [1], perSecond: 10 }, rates: [] } };
const unknownMeter: Omit<Refusal, 'index'> = { errorType: errorType.meterModFailed, errorCode: 3 };

/** Loses its meters between what it says and what it is sent, as often as it is told. */
function openSwitch(losses: number, refusal = unknownMeter) {
  const meters = new Set<number>();
  const bundles: Message[][] = [];
  let left = losses;
  const session = {
    datapathId,
    closed: false,
    multipart: async (part: string) =>
      part === 'flow' ? [] : [...meters].map((meter_id) => ({ meter_id, flags: [], bands: [] })),
    async sendAll(messages: readonly Message[]) {
      for (const message of messages)
        if (message.type === 'meter_mod' && message.command === 'add') meters.add(message.meter_id);
      return [];
    },
    async bundle(messages: Message[]) {
      bundles.push(messages);
      if (left > 0) {
        left -= 1;
        meters.clear();
      }
      if (!meters.has(1)) throw new OpenflowError('refused', datapathId, 'a bundle', [{ index: 0, ...refusal }]);
    },
  };
  return { session: session as unknown as SwitchSession, bundles, meters };
}

describe('flows that are given to a switch', () => {
  it('are given again where its meters went away meanwhile, with the meters', async () => {
    const { session, bundles, meters } = openSwitch(1);
    const { added } = await applyFlows(session, 'n1', wanted);
    assert.equal(added, 1);
    assert.equal(bundles.length, 2);
    assert.deepEqual([...meters], [1]);
  });

  it('are refused for good where the switch refuses them twice', async () => {
    const { session, bundles } = openSwitch(2);
    await assert.rejects(
      applyFlows(session, 'n1', wanted).catch((error) => Promise.reject(toDriverError('n1', error))),
      { errorClass: 'permanent' },
    );
    assert.equal(bundles.length, 2);
  });

  it('are left to who is master now', async () => {
    const { session, bundles } = openSwitch(1, { errorType: errorType.badRequest, errorCode: badRequestIsSlave });
    await assert.rejects(applyFlows(session, 'n1', wanted));
    assert.equal(bundles.length, 1);
  });
});
