/** Only the difference is sent, and what a switch reads back of what we sent is no difference. */
import assert from 'node:assert/strict';
import { deriveListedEntries } from '../../../src/domain/registry/listed-entries.js';
import { deriveIdleMeters, diffFlows, diffMeters } from '../../../src/drivers/network/ovs/flow-diff.js';
import type { SwitchFlow } from '../../../src/drivers/network/ovs/flow-text.js';
import { countFlows, flowsOf, resolve } from '../../../src/drivers/network/ovs/resolve.js';
import { compile } from '../../../src/drivers/network/plan/compile.js';
import type { Message } from '../../../src/wire/openflow/message-codec.js';
import { decodeMessage, encodeMessage } from '../../../src/wire/openflow/message-codec.js';
import { testInstance, toSite, toVi } from './sites.js';

const site = toSite({ name: 's', number: 1, computeNodes: 2 });
const vi = toVi({ viNumber: 1, key: 7, vmNodes: ['s-n1', 's-n2'] });
const entries = deriveListedEntries(vi, site, new Date(0)).map((entry) => ({ entry, confirmed: true }));
const [plan] = compile(vi, site, { instance: testInstance, entries });
const names = [...plan!.vmPorts, ...plan!.tunnels.map((tunnel) => tunnel.portName)];
const numbers = new Map(names.map((name, index) => [name, index + 1]));
const resolved = resolve(plan!, numbers, 'switch');
const { meters } = resolved;
const [meterId] = meters.news.ids;
const wanted = flowsOf(resolved);

/** As a switch hands them back: over the wire, in its own order of instructions. */
function readBack(): SwitchFlow[] {
  const body = wanted.map((flow) => ({
    ...{
      duration_sec: 1,
      duration_nsec: 0,
      idle_timeout: 0,
      hard_timeout: 0,
      flags: 0,
      packet_count: 9n,
      byte_count: 9n,
    },
    ...flow,
    instructions: [...flow.instructions].reverse(),
  }));
  const message = { type: 'multipart_reply', part: 'flow', flags: 0, body } as Message;
  const received = decodeMessage(Buffer.from(encodeMessage(message, 1)));
  assert.ok(received.type === 'multipart_reply' && received.part === 'flow');
  return received.body;
}

describe('difference of flows', () => {
  it('is between as many flows as are counted', () => {
    assert.ok(resolved.byEntry.size > 0);
    assert.equal(countFlows(resolved), wanted.length);
  });

  it('is nothing between what is wanted and what the switch reads back of it', () => {
    assert.deepEqual(diffFlows(readBack(), wanted), { messages: [], added: 0, removed: 0 });
  });

  it('adds before it removes, and removes only under our cookie', () => {
    const present = readBack();
    const stale = { ...present[0]!, priority: 77 };
    const { messages, added, removed } = diffFlows([...present.slice(1), stale], wanted);
    assert.deepEqual([added, removed], [1, 1]);
    assert.deepEqual(
      messages.map((message) => message.type === 'flow_mod' && [message.command, message.priority]),
      [
        ['add', wanted[0]!.priority],
        ['delete_strict', 77],
      ],
    );
    assert.ok(messages[1]!.type === 'flow_mod' && messages[1]!.cookie_mask === 0xffff_ffff_ffff_ffffn);
  });

  it('replaces a flow whose content differs, in place', () => {
    const present = readBack().map((flow, index) => (index === 0 ? { ...flow, instructions: [] } : flow));
    const { messages } = diffFlows(present, wanted);
    assert.deepEqual(
      messages.map((message) => message.type === 'flow_mod' && message.command),
      ['add'],
    );
  });

  it('leaves out what needs a port that the switch lacks, and names it', () => {
    const [port] = plan!.vmPorts;
    const without = resolve(plan!, new Map([...numbers].filter(([name]) => name !== port)), 'switch');
    assert.deepEqual(without.missingPorts, [port]);
    assert.ok(flowsOf(without).length < wanted.length);
    assert.deepEqual(without.meters.news.ids, []);
  });
});

describe('difference of meters', () => {
  it('adds what lacks, changes what is otherwise, and leaves the rest', () => {
    const added = diffMeters([], meters);
    assert.deepEqual(
      added.map((message) => message.type === 'meter_mod' && message.command),
      ['add'],
    );
    assert.ok(added[0]!.type === 'meter_mod');
    const { flags, bands = [] } = added[0]!;
    const present = { meter_id: meterId!, flags, bands: bands as never };
    assert.deepEqual(diffMeters([present], meters), []);
    const changed = diffMeters([{ ...present, bands: [] }], meters);
    assert.equal(changed[0]!.type === 'meter_mod' && changed[0]!.command, 'modify');
  });

  it('lets through what the site file says, and changes what another one said', () => {
    const toMeters = (newsPerSecond: number) => {
      const other = { ...site, registry: { ...site.registry, newsPerSecond } };
      const [ofNode] = compile(vi, other, { instance: testInstance, entries });
      return resolve(ofNode!, numbers, 'switch').meters;
    };
    const [added] = diffMeters([], toMeters(7));
    assert.ok(added!.type === 'meter_mod' && added!.command === 'add');
    const band = (rate: number) => [{ type: 'drop', rate, burst_size: rate }];
    assert.deepEqual(added!.bands, band(7));
    const present = { meter_id: added!.meter_id, flags: added!.flags, bands: added!.bands as never };
    const [changed] = diffMeters([present], toMeters(9));
    assert.ok(changed!.type === 'meter_mod' && changed!.command === 'modify');
    assert.deepEqual(changed!.bands, band(9));
  });

  it('removes those that no flow passes any more', () => {
    const idle = deriveIdleMeters([meterId!, 99], wanted);
    assert.deepEqual(
      idle.map((message) => message.type === 'meter_mod' && [message.command, message.meter_id]),
      [['delete', 99]],
    );
  });
});
