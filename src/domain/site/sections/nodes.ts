/** The machines of the site: what they can give, and how they are reached. */
import { z } from 'zod';
import { datapathId, ipAddress, name, positive } from './values.js';

const notNegative = z.number().int().min(0).default(0);
const ratio = z.number().min(1).max(100).default(1);

/** What is kept for the host itself; no VM is given it. */
const reserve = z.strictObject({ cpus: notNegative, memoryMiB: notNegative, diskGiB: notNegative });
/** How often over what is left may be promised. */
const overcommit = z.strictObject({ cpus: ratio, memoryMiB: ratio, diskGiB: ratio });

const compute = z.strictObject({
  /** libvirt connection URI. */
  uri: z
    .string()
    .regex(
      /^(qemu|test|fake)(\+[a-z0-9]+)?:\/\//,
      'a libvirt connection URI such as qemu+unix:///system?socket=/run/libvirt/libvirt-sock',
    ),
  cpus: positive,
  memoryMiB: positive,
  diskGiB: positive,
  reserve: reserve.default(reserve.parse({})),
  overcommit: overcommit.default(overcommit.parse({})),
  /** Folder on the node for disks and seeds of ours. */
  diskDirectory: z.string().default('/var/lib/iris'),
});

const nodeNetwork = z.strictObject({
  /** OVSDB of the node: `unix:PATH`, `tcp:HOST:PORT` (off loopback only with `insecureOvsdb`), or over TLS `ssl:HOST:PORT`, which needs the site's `ssl`. */
  ovsdb: z
    .string()
    .regex(
      /^(unix:|tcp:|fake:)|^ssl:(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):\d{1,5}$/,
      'unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT',
    ),
  /** Control socket of its ovs-vswitchd on this machine, for `iris explain`; looked for beside a `unix:` database if absent. */
  unixctl: z.string().min(1).optional(),
  datapathId,
  /** The name that the certificate of this node's Open vSwitch bears, where `ssl:` is spoken with it; its datapath id if absent. */
  certificateName: z.string().min(1).optional(),
  /**
   * Where this node's switch finds our controller: `unix:PATH` (a socket that we listen on, inside the switch's run directory),
   * `tcp:HOST:PORT`, or over TLS `ssl:HOST:PORT`, which needs the site's `ssl`.
   */
  controller: z
    .string()
    .regex(
      /^(unix:|tcp:|fake:)|^ssl:(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):\d{1,5}$/,
      'unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT',
    ),
  /** The node's tunnel address inside the site. */
  underlay: ipAddress,
  underlayMtu: z.number().int().min(576).max(65535).default(1500),
  /** Datapath type of the bridge that we make: `netdev` for the userspace datapath. */
  datapathType: z.enum(['system', 'netdev']).default('system'),
});

const gateway = z.strictObject({
  /** Tunnel address that other sites' gateways reach. */
  address: ipAddress,
  mtu: z.number().int().min(576).max(65535).default(1500),
});

export const node = z.strictObject({
  name,
  compute: compute.optional(),
  network: nodeNetwork,
  gateway: gateway.optional(),
});
