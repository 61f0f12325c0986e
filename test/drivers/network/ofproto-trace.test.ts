/** Answers of real switches (Open vSwitch 3.1) to ofproto/trace, read back; and what is none. */
import assert from 'node:assert/strict';
import { parseTrace, toTraceFlow, withPortNames } from '../../../src/drivers/network/ovs/ofproto-trace.js';
import { deriveLeaving } from '../../../src/drivers/network/trace/rule.js';

const bridge = 'br-iris';
const frame = { inPort: 't1-1', vlan: 0, from: '52:54:00:00:02:01', to: '52:54:00:00:02:02' };
const names = new Map([
  [1, 't1-1'],
  [2, 'gre_gw'],
  [3, 'gre_on2'],
]);
const named = (text: string) => parseTrace(text, bridge).map((rule) => withPortNames(rule, (port) => names.get(port)));

/** Every table's flow has its match, priority and cookie on a line, its actions below; what follows is another bridge's. */
const unicast = `Flow: in_port=1,vlan_tci=0x0000,dl_src=52:54:00:00:02:01,dl_dst=52:54:00:00:02:02,dl_type=0x0000

bridge("br-iris")
-----------------
 0. in_port=1, priority 100, cookie 0xecbad70500000001
    write_metadata:0x100000001/0x3ffffffff
    goto_table:1
 1. metadata=0x1/0xffffffff, priority 1, cookie 0xecbad70500000001
    goto_table:3
 3. metadata=0x100000001/0x3ffffffff,vlan_tci=0x0000/0x1fff,dl_dst=52:54:00:00:02:02, priority 200, cookie 0xecbad70500000001
    set_field:0x65->tun_id
    output:3
     -> output to native tunnel
     -> tunneling to 10.2.0.3 via br-phy
     -> tunneling from 02:00:00:00:01:03 10.2.0.2 to 02:00:00:00:01:04 10.2.0.3

bridge("br-phy")
----------------
 0. priority 0
    NORMAL
     -> forwarding to learned port

Final flow: tun_id=0x65,metadata=0x100000001,in_port=1,vlan_tci=0x0000,dl_src=52:54:00:00:02:01,dl_dst=52:54:00:00:02:02,dl_type=0x0000
Megaflow: recirc_id=0,eth,in_port=1,dl_dst=52:54:00:00:02:02,dl_type=0x0000
Datapath actions: tnl_push(tnl_port(8),header(size=42,type=3),out_port(2)),1
`;

/** Actions go on after what the first tunnel's underlay did, which stands indented among them. */
const flood = `Flow: in_port=1,dl_vlan=100,dl_vlan_pcp=0,vlan_tci1=0x0000,dl_src=52:54:00:00:02:01,dl_dst=52:54:00:00:02:02,dl_type=0x0000

bridge("br-iris")
-----------------
 4. metadata=0x100000001/0x3ffffffff, priority 100, cookie 0xecbad70500000001
    output:1
     >> skipping output to input port
    set_field:0x65->tun_id
    output:2
     -> output to native tunnel
     -> tunneling to 10.2.0.1 via br-phy

    bridge("br-phy")
    ----------------
         0. priority 0
            NORMAL
             -> forwarding to learned port
    output:3
     -> output to native tunnel
     -> tunneling to 10.2.0.3 via br-phy

bridge("br-phy")
----------------
 0. priority 0
    NORMAL
     -> forwarding to learned port

Final flow: tun_id=0x65
Datapath actions: 1
`;

const drop = `Flow: tun_id=0x65,in_port=3,vlan_tci=0x0000,dl_src=52:54:00:00:02:01,dl_dst=52:54:00:aa:00:01,dl_type=0x0000

bridge("br-iris")
-----------------
 3. metadata=0x300000001/0x3ffffffff,vlan_tci=0x0000/0x1fff,dl_dst=52:54:00:aa:00:01, priority 200, cookie 0xecbad70500000001
    drop

Final flow: unchanged
Datapath actions: drop
`;

const miss = `Flow: in_port=1

bridge("br-iris")
-----------------
 0. No match.
    drop

Final flow: unchanged
Datapath actions: drop
`;

describe('ofproto/trace', () => {
  it('gives the flows of our bridge, ports by name, and nothing of the underlay’s', () => {
    const rules = named(unicast);
    assert.deepEqual(
      rules.map(({ table, priority }) => [table, priority]),
      [
        [0, 100],
        [1, 1],
        [3, 200],
      ],
    );
    assert.deepEqual(rules[0], {
      table: 0,
      priority: 100,
      cookie: 0xecbad70500000001n,
      match: 'in_port=t1-1',
      actions: ['write_metadata:0x100000001/0x3ffffffff', 'goto_table:1'],
    });
    assert.deepEqual(rules[2]!.actions, ['set_field:0x65->tun_id', 'output:gre_on2']);
    assert.deepEqual(deriveLeaving(rules, frame), [{ kind: 'port', port: 'gre_on2', vlan: 0, tunnelKey: 0x65 }]);
  });

  it('goes on with the actions after those of a tunnel’s underlay, and leaves out the ingress port', () => {
    const [rule] = named(flood);
    assert.deepEqual(rule!.actions, ['output:t1-1', 'set_field:0x65->tun_id', 'output:gre_gw', 'output:gre_on2']);
    assert.deepEqual(
      deriveLeaving([rule!], { ...frame, vlan: 100 }).map(({ port, vlan }) => `${port} ${vlan}`),
      ['gre_gw 100', 'gre_on2 100'],
    );
  });

  it('tells a flow that drops from no flow', () => {
    assert.deepEqual(
      named(drop).map(({ priority, actions }) => [priority, actions]),
      [[200, []]],
    );
    assert.deepEqual(named(miss), [{ table: 0, cookie: 0n, match: '', actions: [] }]);
  });

  it('takes a flow without a cookie or a match, and a port that has no name', () => {
    const text = 'bridge("br-iris")\n---\n10. priority 0\n    output:77\n';
    assert.deepEqual(named(text), [{ table: 10, priority: 0, cookie: 0n, match: '', actions: ['output:77'] }]);
  });

  it('refuses what tells nothing of the bridge, or tells it in other words', () => {
    assert.throws(() => parseTrace('', bridge), /nothing of bridge 'br-iris'/);
    assert.throws(() => parseTrace(unicast, 'br-int'), /nothing of bridge 'br-int'/);
    assert.throws(() => parseTrace('bridge("br-iris")\n---\n\n', bridge), /no flow/);
    assert.throws(() => parseTrace('bridge("br-iris")\n---\n 0. whatever\n', bridge), /not a flow/);
  });

  it('stops at the end wherever the text is cut', () => {
    for (let length = 0; length < unicast.length; length += 1)
      try {
        for (const rule of parseTrace(unicast.slice(0, length), bridge)) assert.ok(rule.table <= 5);
      } catch (error) {
        assert.equal((error as Error).name, 'WireError');
      }
  });

  it('asks with what the frame bears', () => {
    assert.equal(
      toTraceFlow({ ...frame, tunnelKey: 101, vlan: 100, fromIp: '192.0.2.1' }, 3),
      'in_port=3,tun_id=0x65,dl_vlan=100,dl_src=52:54:00:00:02:01,dl_dst=52:54:00:00:02:02,ip,nw_src=192.0.2.1',
    );
    assert.match(toTraceFlow({ ...frame, fromIp: 'fd00::1' }, 3), /,ipv6,ipv6_src=fd00::1$/);
  });
});
