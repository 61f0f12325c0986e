/** A hundred tenants on one switch with the same MACs, IPs and VLANs at the same time: captures of every port show that nothing crosses. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { silentLog } from '../../../src/lib/log.js';
import { runCommand } from '../../../src/lib/run-command.js';
import { createOvsWorld, type Machine, type OvsWorld } from './ovs-world.js';
import { testInstance, toVi } from './sites.js';
import { stands } from './stand.js';

const segmentCount = 100;
const numbers = Array.from({ length: segmentCount }, (_, index) => index + 1);
/** All the same but for the names of the ports. */
const viOf = (viNumber: number) => toVi({ viNumber, key: viNumber, vmNodes: ['n', 'n'] });
const portsOf = (viNumber: number): string[] => viOf(viNumber).vms.map((vm) => vm.nics[0]!.portName);

/**
 * Everybody sends at once, from the far ends of the ports (`x` + name): to the other VM and to all, untagged and in VLAN 100, each frame with
 * the segment's number in it; and an ARP question for the other. Tells what each end was given: kind, tag, and the number.
 */
const crowd = `
import json, select, socket, struct, sys, time
count = int(sys.argv[1])
mac = lambda last: bytes.fromhex('5254000001%02x' % last)
ip = lambda last: socket.inet_aton('192.168.7.%d' % (20 + last))
ears = {}
for number in range(1, count + 1):
    for vm in (1, 2):
        ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        ear.setsockopt(263, 8, 1)  # SOL_PACKET, PACKET_AUXDATA: tags that the kernel took off
        ear.bind(('xt%d-%d' % (number, vm), 0))
        ears[ear] = (number, vm)
def frames(number, vm):
    other = 3 - vm
    for to in (mac(other), b'\\xff' * 6):
        for tag in (b'', bytes.fromhex('81000064')):
            yield to + mac(vm) + tag + b'\\x88\\xb5' + struct.pack('!HB', number, vm) + bytes(50)
    yield b'\\xff' * 6 + mac(vm) + bytes.fromhex('08060001080006040001') + mac(vm) + ip(vm) + bytes(6) + ip(other) + bytes(18)
def send():
    for ear, (number, vm) in list(ears.items()):
        for frame in frames(number, vm):
            ear.send(frame)
heard = {}
rounds = 0
quiet = 0
# A busy machine may drop a frame at a full queue: those who lack one get another chance. What crosses counts in any round.
while rounds < 10 or time.time() < quiet:
    if time.time() >= quiet:
        if len(heard) == len(ears) and all(len(what) >= 5 for what in heard.values()):
            break
        send()
        rounds += 1
        quiet = time.time() + 2
    ready, _, _ = select.select(list(ears), [], [], 0.2)
    for ear in ready:
        data, aux, _, address = ear.recvmsg(2048, 256)
        if address[2] == 4:  # PACKET_OUTGOING
            continue
        tag = 0
        if any(struct.unpack('IIIHHHH', item[:20])[0] & 0x10 for _, _, item in aux):
            tag = 100
        if data[12:14] == b'\\x81\\x00':
            tag, data = 100, data[:12] + data[16:]
        number, vm = ears[ear]
        kind = 'all' if data[0] == 255 else 'one'
        if data[12:14] == b'\\x88\\xb5':
            what = '%s %d of %d from %d' % (kind, tag, *struct.unpack('!HB', data[14:17]))
        elif data[12:14] == b'\\x08\\x06':
            what = 'arp %d' % data[21]
        else:
            continue
        heard.setdefault('%d-%d' % (number, vm), set()).add(what)
        quiet = max(quiet, time.time() + 1)
print(json.dumps({who: sorted(what) for who, what in heard.items()}))
`;

describe('a hundred tenants with the same addresses on one switch', function () {
  this.timeout(400_000);
  let world: OvsWorld;
  let machine: Machine;
  let driver: NetworkDriver;

  before(async () => {
    world = createOvsWorld();
    machine = await world.addMachine('n');
    const network = {
      ...{ ovsdb: machine.ovsdb, controller: `unix:${machine.directory}/iris.ctl`, datapathId: '00000000000000f4' },
      ...{ underlay: '10.9.0.1', datapathType: 'netdev' },
    };
    const site = siteFileSchema.parse({ site: 's', nodes: [{ name: 'n', network }], tenants: [{ name: 'alpha' }] });
    driver = createOvsNetworkDriver({ site, instance: testInstance, log: silentLog });
    await driver.start({ nodeChanged: () => {}, registryChanged: () => {} });
    const ports = numbers.flatMap(portsOf);
    const links = ports.flatMap((port) => [
      `link add ${port} type veth peer name x${port}`,
      `link set ${port} up`,
      `link set x${port} up`,
    ]);
    const batch = join(machine.directory, 'links');
    writeFileSync(batch, `${links.join('\n')}\n`);
    await runCommand('ip', [
      'netns',
      'exec',
      machine.namespace,
      'sysctl',
      '-qw',
      'net.ipv6.conf.default.disable_ipv6=1',
    ]);
    await runCommand('ip', ['-n', machine.namespace, '-batch', batch]);
    await world.plug(machine, ...ports);
    await Promise.all(numbers.map((number) => stands(driver, viOf(number))));
  });

  after(async () => {
    await driver?.stop();
    await world?.close();
  });

  it('nothing crosses, and everything arrives', async () => {
    const script = join(machine.directory, 'crowd.py');
    writeFileSync(script, crowd);
    const { stdout } = await runCommand('ip', [
      ...['netns', 'exec', machine.namespace, '/usr/bin/python3', script, String(segmentCount)],
    ]);
    const heard = JSON.parse(stdout) as Record<string, string[]>;
    const expected = Object.fromEntries(
      numbers.flatMap((number) =>
        [1, 2].map((vm) => {
          const frames = ['all 0', 'all 100', 'one 0', 'one 100'].map((what) => `${what} of ${number} from ${3 - vm}`);
          // The switch answers the question: the other does not hear it.
          return [`${number}-${vm}`, [...frames, 'arp 2'].sort()];
        }),
      ),
    );
    assert.deepEqual(heard, expected);
  });
});
