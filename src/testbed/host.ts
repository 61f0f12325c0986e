/**
 * An ordinary machine on an external LAN of a gateway: a namespace with one NIC and nothing of ours. Its interfaces come from
 * an Open vSwitch of its own, in place of the VLAN driver that not every kernel has.
 */
import { type CommandResult, runCommand } from '../lib/run-command.js';
import { linkEnd, type Machine, startMachine, vsctl } from './machine.js';
import { addLink, ipIn, type LinkEnd, type Namespace, runInside } from './network-namespace.js';
import type { Run } from './run-directory.js';

export interface Host {
  name: string;
  machine: Machine;
  namespace: Namespace;
  mac: string;
  mtu: number;
  /** The wire: where a capture sees every frame as it is. */
  nic: LinkEnd;
}

export interface HostOptions {
  name: string;
  mac: string;
  /** With prefix length. */
  address: string;
  mtu: number;
  /** The gateway's end of the cable. */
  port: LinkEnd;
}

const bridge = 'lan';

export async function addHost(run: Run, options: HostOptions): Promise<Host> {
  const machine = await startMachine(run, options.name);
  const nic = linkEnd(machine, 'eth0');
  await addLink(nic, options.port);
  await vsctl(
    machine,
    ...['add-br', bridge, '--', 'set', 'Bridge', bridge, 'datapath_type=netdev', 'fail_mode=standalone'],
    `other-config:hwaddr="${options.mac}"`,
    ...['--', 'set', 'Interface', bridge, `mtu_request=${options.mtu}`],
    ...['--', 'add-port', bridge, nic.interface],
  );
  const { namespace } = machine;
  await ipIn(namespace, 'address', 'add', options.address, 'dev', bridge);
  await ipIn(namespace, 'link', 'set', bridge, 'up');
  return { name: options.name, machine, namespace, mac: options.mac, mtu: options.mtu, nic };
}

/** An interface for one VLAN of the host's own choice. */
export async function addVlan(host: Host, vlan: number, address: string): Promise<void> {
  const name = `vlan${vlan}`;
  await vsctl(
    host.machine,
    ...['add-port', bridge, name, `tag=${vlan}`],
    ...['--', 'set', 'Interface', name, 'type=internal', `mac="${host.mac}"`, `mtu_request=${host.mtu}`],
  );
  await ipIn(host.namespace, 'address', 'add', address, 'dev', name);
  await ipIn(host.namespace, 'link', 'set', name, 'up');
}

export interface PingResult {
  sent: number;
  received: number;
  /** Of those received, in ms; the first, which waits for ARP, included. */
  roundTripsMs: number[];
}

/** What ping prints, that of iputils and that of busybox. */
export function parsePing(output: string): PingResult {
  const totals = /(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(output);
  if (totals === null) throw new Error(`not what ping prints: ${output}`);
  const times = [...output.matchAll(/ time=([\d.]+) ms/g)].map((match) => Number(match[1]));
  return { sent: Number(totals[1]), received: Number(totals[2]), roundTripsMs: times };
}

export interface PingOptions {
  count?: number;
  intervalSeconds?: number;
  /** Bytes of ICMP payload, sent unfragmented. */
  payloadBytes?: number;
  /** What the payload is filled with, in hexadecimal digits: shows in a capture whose ping it is. */
  pattern?: string;
}

export async function ping(namespace: Namespace, address: string, options: PingOptions = {}): Promise<PingResult> {
  const { count = 3, intervalSeconds = 0.2, payloadBytes, pattern } = options;
  const size = payloadBytes === undefined ? [] : ['-M', 'do', '-s', String(payloadBytes)];
  const fill = pattern === undefined ? [] : ['-p', pattern];
  const command = [
    'ping',
    '-n',
    '-c',
    String(count),
    '-i',
    String(intervalSeconds),
    '-W',
    '1',
    ...size,
    ...fill,
    address,
  ];
  const result = await runCommand('ip', ['netns', 'exec', namespace, ...command]).catch((error) => {
    // Code 1: sent, and not all answered, which is an answer too.
    if (error.exitCode === 1) return error as CommandResult;
    throw error;
  });
  return parsePing(result.stdout);
}

/** GET over HTTP from inside a namespace. By nc: the wget of Debian's static busybox ends with a segmentation fault. */
export async function httpGet(
  namespace: Namespace,
  address: string,
  path: string,
  timeoutSeconds = 5,
): Promise<string> {
  const { stdout } = await runInside(namespace, ['busybox', 'nc', '-w', String(timeoutSeconds), address, '80'], {
    input: `GET ${path} HTTP/1.0\r\nHost: ${address}\r\n\r\n`,
    timeoutMs: timeoutSeconds * 1_000 + 2_000,
  });
  // A CGI program's own head may end its lines without a carriage return.
  const [, status, body] = /^(.*)\r?\n(?:.+\r?\n)*\r?\n([\s\S]*)$/.exec(stdout) ?? [];
  if (status === undefined || body === undefined || !/^HTTP\/1\.\d 200 /.test(status))
    throw new Error(`${address} answered ${path} with '${stdout.split('\n')[0]}'`);
  return body;
}
