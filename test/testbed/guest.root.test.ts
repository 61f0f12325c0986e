/** The emulated inter-cloud carries frames: a guest at osaka, made by hand with virsh and ovs-vsctl, answers host1 at tokyo. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../src/lib/run-command.js';
import { waitForSuccess } from '../../src/lib/wait-until.js';
import { startCapture } from '../../src/testbed/capture.js';
import { takeForeignSnapshot } from '../../src/testbed/foreign-snapshot.js';
import { ensureGuestImage } from '../../src/testbed/guest/guest-image.js';
import { addVlan, httpGet, ping } from '../../src/testbed/host.js';
import { type Hypervisor, virsh } from '../../src/testbed/hypervisor.js';
import { type InterCloud, raiseInterCloud } from '../../src/testbed/inter-cloud.js';
import { type Machine, vsctl } from '../../src/testbed/machine.js';
import { onceSettled } from '../../src/testbed/once-settled.js';
import { createRun, type Run } from '../../src/testbed/run-directory.js';
import { takeDown } from '../../src/testbed/teardown.js';
import { lastLook } from '../support/last-look.js';
import { leftoversOf } from './support/leftovers.js';

const guestMac = '52:54:00:00:00:0b';
const own = { bridge: 'br-hand', domainMark: 'made by hand' };

const userData = `#!/bin/sh
mkdir -p /www/cgi-bin
cat >/www/cgi-bin/who <<'END'
#!/bin/sh
echo "Content-Type: text/plain"
echo
echo "name=$(hostname) kvm=$([ -c /dev/kvm ] && echo yes || echo no)"
END
chmod 755 /www/cgi-bin/who
httpd -h /www -p 80
ip link add link eth0 name eth0.7 type vlan id 7
ip address add 192.168.7.11/24 dev eth0.7
ip link set eth0.7 up
`;

const networkConfig = `version: 2
ethernets:
  nic0:
    match:
      macaddress: "${guestMac}"
    mtu: 1400
    addresses: [192.168.50.11/24]
`;

async function makeSeed(folder: string): Promise<string> {
  const seed = join(folder, 'seed');
  mkdirSync(seed, { recursive: true });
  writeFileSync(join(seed, 'meta-data'), 'instance-id: by-hand\nlocal-hostname: by-hand\n');
  writeFileSync(join(seed, 'user-data'), userData);
  writeFileSync(join(seed, 'network-config'), networkConfig);
  const file = join(folder, 'seed.iso');
  await runCommand('genisoimage', ['-quiet', '-volid', 'cidata', '-rational-rock', '-joliet', '-output', file, seed]);
  return file;
}

const domainXml = (image: { kernel: string; initrd: string }, seed: string, console: string): string => `
<domain type='qemu'>
  <name>by-hand</name><description>made by hand</description>
  <memory unit='MiB'>128</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type>
    <kernel>${image.kernel}</kernel><initrd>${image.initrd}</initrd><cmdline>console=ttyS0 quiet</cmdline></os>
  <features><acpi/></features>
  <cpu mode='maximum'/>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${seed}'/>
      <target dev='vda' bus='virtio'/><readonly/></disk>
    <interface type='bridge'><source bridge='br-hand'/><virtualport type='openvswitch'/>
      <mac address='${guestMac}'/><model type='virtio'/>
      <driver><host csum='off' gso='off' tso4='off' tso6='off' ecn='off' ufo='off'/>
        <guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/></driver></interface>
    <serial type='file'><source path='${console}'/></serial>
  </devices>
</domain>`;

/** A switch between tunnels by the book, without a controller: a tree, so that NORMAL makes no loop. */
async function connectByHand(machine: Machine, ports: readonly string[], remotes: readonly string[]): Promise<void> {
  const bridge = ['add-br', 'br-hand', '--', 'set', 'Bridge', 'br-hand', 'datapath_type=netdev'];
  const plugged = ports.flatMap((port) => ['--', 'add-port', 'br-hand', port]);
  const tunnels = remotes.flatMap((remote, index) => [
    ...['--', 'add-port', 'br-hand', `hand${index}`],
    ...['--', 'set', 'Interface', `hand${index}`, 'type=gre', 'options:key=7', `options:remote_ip=${remote}`],
  ]);
  await vsctl(machine, ...bridge, ...plugged, ...tunnels);
}

describe('the small guest on the emulated inter-cloud', function () {
  this.timeout(400_000);
  let run: Run;
  let cloud: InterCloud;
  let hypervisor: Hypervisor;

  before(async () => {
    run = createRun();
    cloud = await raiseInterCloud(run, { delayMs: 5, rateMbit: 100 });
    hypervisor = cloud.sites.osaka.nodes[1]!.hypervisor!;
  });
  after(async () => {
    await takeDown(run);
    assert.deepEqual(await leftoversOf(run), []);
  });

  it('boots, reads its seed, has /dev/kvm, and answers over gateway, WAN, gateway and node, also with a VLAN tag', async () => {
    const image = await ensureGuestImage();
    const [tokyoGateway, osakaGateway, node] = [
      cloud.sites.tokyo.nodes[0]!.machine,
      cloud.sites.osaka.nodes[0]!.machine,
      hypervisor.machine,
    ];
    const snapshot = () => takeForeignSnapshot(node, hypervisor, own);
    const before = await onceSettled(snapshot);
    await connectByHand(tokyoGateway, ['ext1'], ['10.255.0.2']);
    await connectByHand(osakaGateway, [], ['10.255.0.1', '10.2.0.11']);
    await connectByHand(node, [], ['10.2.0.1']);

    const consoleFile = join(node.directory, 'console.log');
    const definition = join(node.directory, 'by-hand.xml');
    const seed = await makeSeed(node.directory);
    writeFileSync(definition, domainXml(image, seed, consoleFile));
    await virsh(hypervisor, 'create', definition);

    const { host1 } = cloud.hosts;
    const capture = await startCapture(run, host1.nic, 'by-hand');
    const answer = await waitForSuccess(() => httpGet(host1.namespace, '192.168.50.11', '/cgi-bin/who', 1), {
      what: 'the guest to answer',
      timeoutMs: 120_000,
      intervalMs: 200,
    });
    assert.equal(answer.trim(), 'name=by-hand kvm=yes');

    // A busy computer drops or delays a frame now and then.
    const untilAllAnswered = (address: string) =>
      lastLook(
        () => ping(host1.namespace, address, { payloadBytes: 1372 }),
        ({ sent, received }) => received === sent,
      );
    const plain = await untilAllAnswered('192.168.50.11');
    assert.equal(plain.received, plain.sent);
    assert.ok(
      plain.roundTripsMs.every((ms) => ms >= 10),
      `${plain.roundTripsMs}`,
    );

    await addVlan(host1, 7, '192.168.7.100/24');
    const tagged = await untilAllAnswered('192.168.7.11');
    assert.equal(tagged.received, tagged.sent);

    const frames = await capture.stop();
    const fromGuest = frames.filter((frame) => frame.subarray(6, 12).toString('hex') === guestMac.replaceAll(':', ''));
    assert.ok(fromGuest.some((frame) => frame.readUInt16BE(12) === 0x0800));
    assert.ok(fromGuest.some((frame) => frame.readUInt32BE(12) === 0x81000007));

    assert.equal(await lastLook(snapshot, (now) => now === before), before);
    await vsctl(node, 'set', 'Bridge', 'br-int', 'external_ids:touched=yes');
    assert.notEqual(await snapshot(), before);
  });
});
