/**
 * The control plane cannot be reached from any segment, whatever an L1 VM or a host on a tenant's LAN tries; the same tries from a machine on the
 * underlay reach it. Iris speaks TLS with the node's Open vSwitch, with certificates of ovs-pki.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { waitForSuccess, waitUntil } from '../../src/lib/wait-until.js';
import { httpGet } from '../../src/testbed/host.js';
import { vsctl } from '../../src/testbed/machine.js';
import { insideNamespace, type Namespace, runInside } from '../../src/testbed/network-namespace.js';
import { type Run, runPath } from '../../src/testbed/run-directory.js';
import { startDaemon } from '../../src/testbed/run-processes.js';
import { lastLook } from '../support/last-look.js';
import { leftoversOf } from '../testbed/support/leftovers.js';
import { addresses, ports, type SecureSite, serveSecureSite } from './support/secure-site.js';

const vmAddress = '192.168.60.11';
const hostAddress = '192.168.60.100';

/** A shell for its tenant. */
const userData = `#!/bin/sh
mkdir -p /www/cgi-bin
cat >/www/cgi-bin/run <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
sh -c "$(echo "$QUERY_STRING" | tr + ' ')" 2>&1
echo "exit $?"
END
chmod 755 /www/cgi-bin/run
httpd -h /www -p 80
`;

/** Somebody who tries: runs a command where he stands, and has the exit code. */
interface Stand {
  nic: string;
  run: (command: string) => Promise<number>;
}

const inNamespace = (namespace: Namespace, nic: string): Stand => ({
  nic,
  run: async (command) => {
    const { stdout } = await runInside(namespace, ['sh', '-c', `(${command}) >&2; echo $?`], { timeoutMs: 30_000 });
    return Number(stdout);
  },
});

/** Each exits with 0 if somebody answered. busybox everywhere, so that all try alike. */
const tries = {
  tcp: (address: string, port: number) => `busybox nc -w 3 ${address} ${port} </dev/null`,
  ping: (address: string) => `busybox ping -c 2 -W 2 ${address}`,
  ping6: (address: string) => `busybox ping6 -c 2 -W 2 ${address}`,
  arp: (address: string, nic: string) => `busybox arping -c 2 -w 3 -I ${nic} ${address}`,
  /** As whoever looks whether an address is free: its sender has none. */
  arpProbe: (address: string, nic: string) => `! busybox arping -D -c 2 -w 3 -I ${nic} ${address}`,
};

/** A busy machine may be late: who is to be reached is tried again. */
const succeeded = (exitCode: number): boolean => exitCode === 0;

/** What a device makes of its MAC by itself (RFC 4291, appendix A). */
function linkLocal(mac: string): string {
  const [a, b, c, d, e, f] = mac.split(':').map((part) => Number.parseInt(part, 16)) as number[];
  const groups = [((a! ^ 2) << 8) | b!, (c! << 8) | 0xff, 0xfe00 | d!, (e! << 8) | f!];
  return `fe80::${groups.map((group) => group.toString(16)).join(':')}`;
}

const macOf = async (namespace: Namespace, device: string): Promise<string> =>
  (await runInside(namespace, ['cat', `/sys/class/net/${device}/address`])).stdout.trim();

/** Of the node's own kernel. */
async function pingsHeard(namespace: Namespace): Promise<number> {
  const { stdout } = await runInside(namespace, ['cat', '/proc/net/snmp']);
  const [names, values] = stdout
    .split('\n')
    .filter((line) => line.startsWith('Icmp: '))
    .map((line) => line.split(' '));
  return Number(values![names!.indexOf('InEchos')]);
}

/** Answers on a TCP port, as the control plane does. */
function answerAt(run: Run, namespace: Namespace, port: number): void {
  const args = insideNamespace(namespace, 'busybox', 'httpd', '-f', '-p', String(port), '-h', run.directory);
  startDaemon(run, { what: `answering-${port}`, program: 'ip', args });
}

describe('the control plane, from inside a segment', function () {
  this.timeout(600_000);
  let site: SecureSite;
  let connectionId: string;
  let vm: Stand;
  let host: Stand;
  let vmPort: string;

  const inVm = (command: string): Promise<number> =>
    waitForSuccess(
      async () => {
        const query = `/cgi-bin/run?${command.replaceAll(' ', '+')}`;
        const said = await httpGet(site.host.namespace, vmAddress, query, 30);
        return Number(/exit (\d+)\n$/.exec(said)![1]);
      },
      { what: `the VM to run '${command}'`, timeoutMs: 180_000, intervalMs: 500 },
    );

  before(async () => {
    site = await serveSecureSite();
    const nics = [{ ip: vmAddress, prefixLength: 24 }];
    const request = {
      segment: {},
      vms: [{ name: 'vm', cpus: 1, memoryMiB: 128, diskGiB: 1, image: 'small', nics, userData }],
      externalPorts: [{ name: 'lan', vlans: [0] }],
    };
    const file = runPath(site.run, 'request.yaml');
    writeFileSync(file, stringify(request));
    ({ connectionId } = await site.iris<{ connectionId: string }>('reserve', file));
    await site.iris('commit', connectionId, '--wait');
    vm = { nic: 'eth0', run: inVm };
    host = inNamespace(site.host.namespace, 'lan');
    answerAt(site.run, site.host.namespace, ports.openflow);
    const { stdout } = await vsctl(site.node, 'list-ports', 'br-iris');
    vmPort = stdout.split('\n').find((name) => /^iris[0-9a-z]+-0$/.test(name))!;
    // Whoever is in the segment may call himself what he likes; said again where the VM's answer is late.
    assert.equal(await vm.run('ip address replace 10.6.0.77/24 dev eth0'), 0);
    assert.equal(await host.run('ip address replace 10.6.0.78/24 dev lan'), 0);
  });
  after(async () => {
    if (site === undefined) return;
    await site.close();
    assert.deepEqual(await leftoversOf(site.run), []);
  });

  it('is TLS on both ways', async () => {
    const { stdout: controller } = await vsctl(site.node, 'get-controller', 'br-iris');
    assert.equal(controller.trim(), `ssl:${addresses.controller}:${ports.openflow}`);
    const { stdout: manager } = await vsctl(site.node, 'get-manager');
    assert.equal(manager.trim(), `pssl:${ports.ovsdb}:${addresses.node}`);
    const connected = async (): Promise<boolean> =>
      (await vsctl(site.node, 'get', 'Controller', 'br-iris', 'is_connected')).stdout.trim() === 'true';
    await waitUntil(connected, { what: 'the switch to say that it is connected', timeoutMs: 60_000 });
  });

  it('is reached by a machine on the underlay', async () => {
    const { nic, run } = inNamespace(site.neighbour, 'eth0');
    for (const command of [
      tries.tcp(addresses.controller, ports.openflow),
      tries.tcp(addresses.node, ports.ovsdb),
      tries.ping(addresses.node),
      tries.arp(addresses.node, nic),
      tries.arpProbe(addresses.node, nic),
      tries.arp(addresses.controller, nic),
    ])
      assert.equal(await lastLook(() => run(command), succeeded), 0, command);
  });

  it('while the VM reaches what is in its segment in each of these ways', async () => {
    for (const command of [
      tries.tcp(hostAddress, ports.openflow),
      tries.ping(hostAddress),
      tries.ping6(`${linkLocal(site.host.mac)}%eth0`),
      tries.arp('10.6.0.78', vm.nic),
    ])
      assert.equal(await lastLook(() => vm.run(command), succeeded), 0, command);
  });

  /** Everything that would show that somebody of the control plane listens at this port of the node. */
  async function attempts({ nic, run }: Stand, port: string): Promise<string[]> {
    const portMac = await macOf(site.node.namespace, port);
    const reached: string[] = [];
    const attempt = async (command: string): Promise<void> => {
      if ((await run(command)) === 0) reached.push(command);
    };
    const heardBefore = await pingsHeard(site.node.namespace);
    await Promise.all(
      [addresses.node, addresses.controller, addresses.neighbour]
        .flatMap((address) => [tries.arp(address, nic), tries.arpProbe(address, nic)])
        .concat(tries.ping6(`${linkLocal(portMac)}%${nic}`))
        .map(attempt),
    );
    // He may know their MACs, or send to that of the port that he is behind.
    const macs = {
      true: [await macOf(site.node.namespace, 'br-phy'), await macOf(site.controller, 'eth0')],
      port: [portMac, portMac],
    };
    for (const [ofNode, ofController] of Object.values(macs)) {
      assert.equal(await run(`busybox arp -i ${nic} -s ${addresses.node} ${ofNode}`), 0);
      assert.equal(await run(`busybox arp -i ${nic} -s ${addresses.controller} ${ofController}`), 0);
      await Promise.all(
        [
          tries.tcp(addresses.node, ports.ovsdb),
          tries.tcp(addresses.controller, ports.openflow),
          tries.ping(addresses.node),
          tries.ping(addresses.controller),
        ].map(attempt),
      );
    }
    const heard = (await pingsHeard(site.node.namespace)) - heardBefore;
    return heard === 0 ? reached : [...reached, `the node's kernel heard ${heard} pings`];
  }

  it('is not reached by the VM', async () => {
    assert.deepEqual(await attempts(vm, vmPort), []);
  });

  it('is not reached by a host on the LAN of an external port', async () => {
    assert.deepEqual(await attempts(host, 'ext1'), []);
  });

  it('would be, on a node whose kernel listens to its ports: these tries find it out', async () => {
    const open = ['ipv4/conf/ext1/rp_filter', 'ipv4/conf/ext1/arp_ignore', 'ipv6/conf/ext1/disable_ipv6'];
    const script = open.map((path) => `echo 0 >/proc/sys/net/${path}`).join(' && ');
    await runInside(site.node.namespace, ['sh', '-c', script]);
    const wanted = [/arping .*10\.6\.0\.11/, /kernel heard \d+ pings/];
    const look = async () => (await attempts(host, 'ext1')).join('\n');
    const reached = await lastLook(look, (seen) => wanted.every((what) => what.test(seen)));
    for (const what of wanted) assert.match(reached, what);
  });
});
