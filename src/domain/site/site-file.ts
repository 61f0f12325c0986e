/**
 * The site file: everything an operator says about one data centre. This schema is its documentation, its defaults and its
 * check; unknown keys are refused. Paths are relative to the file's folder; `${NAME}` in a secret is taken from the environment.
 */
import { z } from 'zod';
import { isLoopback } from '../../lib/loopback.js';
import { readAllowedCallback } from '../nsi/allowed-callback.js';
import { defaultLimits } from '../registry/registry-limits.js';
import { encapsulations } from '../vi/criteria.js';
import { findUncertified } from './certified-nodes.js';

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'a name: letters, digits, dot, dash or underscore, at most 63, starting with a letter or digit',
  );
const ipAddress = z.union([z.ipv4(), z.ipv6()], { error: 'an IPv4 or IPv6 address' });
const hostAndPort = z.string().regex(/^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'HOST:PORT');
const datapathId = z.string().regex(/^[0-9a-f]{16}$/, '16 hexadecimal digits, lower case');
const positive = z.number().int().positive();

/** `0` is untagged; ranges are inclusive: `[0, '100-199']`. */
const vlanRange = z.union([
  z.number().int().min(0).max(4094),
  z.string().regex(/^\d{1,4}-\d{1,4}$/, 'a VLAN id, or a range FROM-TO'),
]);

const tls = z.strictObject({
  cert: z.string(),
  key: z.string(),
  /** Clients whose certificate this authority signed are let in and mapped by `clientCertificates`. */
  clientCa: z.string().optional(),
});

/**
 * What Iris shows to the nodes' Open vSwitch where a node's `ovsdb` or `controller` is `ssl:`, and whom it believes there. PEM files, as
 * `ovs-vsctl set-ssl` takes them on the other side; read again while the daemon runs.
 */
const ssl = z.strictObject({
  privateKey: z.string(),
  certificate: z.string(),
  /** The authority that signed the nodes' certificates: with ovs-pki `switchca/cacert.pem`. */
  caCert: z.string(),
});

const listen = z.strictObject({
  soap: hostAndPort.default('127.0.0.1:8080'),
  /** Allows plain HTTP elsewhere than on loopback. */
  insecure: z.boolean().default(false),
  /** Allows nodes' `controller` addresses `tcp:` elsewhere than on loopback: OpenFlow without TLS. */
  insecureOpenFlow: z.boolean().default(false),
  tls: tls.optional(),
});

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
  /** OVSDB of the node: `unix:PATH`, `tcp:HOST:PORT`, or over TLS `ssl:HOST:PORT`, which needs the site's `ssl`. */
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

const node = z.strictObject({
  name,
  compute: compute.optional(),
  network: nodeNetwork,
  gateway: gateway.optional(),
});

const externalPort = z.strictObject({
  name,
  node: name,
  /** The network interface of that node, which Iris plugs into its bridge. */
  interface: z.string().min(1).max(15),
  vlans: z.array(vlanRange).min(1),
  mtu: z.number().int().min(576).max(65535).default(1500),
  /** What point-to-point services may be promised of it at one time, in each direction, Mbit/s. */
  capacityMbit: positive.default(1000),
  /** Who may ask for it; everyone if absent. */
  tenants: z.array(name).optional(),
});

const peer = z.strictObject({
  site: name,
  gateways: z.array(ipAddress).min(1),
  mtu: z.number().int().min(576).max(65535).default(1500),
  /** Labels of point-to-point services to it, each the segment key on the tunnel; the same at both sites. None if absent. */
  vlans: z.array(vlanRange).min(1).optional(),
  /** NSI network of the other site, if that is an Iris, too: the topology says that its STP for us is the same as ours for it. */
  networkId: z
    .string()
    .regex(/^urn:ogf:network:[^\s?#]+$/, 'a network id: urn:ogf:network:DOMAIN:YEAR:NAME')
    .optional(),
  /** How those services are encapsulated; the same at both sites. */
  encapsulation: z.enum(encapsulations).default('gre'),
  /** What point-to-point services may be promised of the way to it at one time, in each direction, Mbit/s. */
  capacityMbit: positive.default(1000),
});

const image = z.discriminatedUnion('kind', [
  z.strictObject({
    name,
    kind: z.literal('kernel'),
    kernel: z.string(),
    initrd: z.string(),
    commandLine: z.string().default('console=ttyS0 quiet'),
  }),
  z.strictObject({ name, kind: z.literal('qcow2'), file: z.string() }),
]);

const tenant = z.strictObject({
  name,
  limits: z
    .strictObject({
      vms: positive.optional(),
      cpus: positive.optional(),
      memoryMiB: positive.optional(),
      durationHours: z.number().positive().optional(),
    })
    .default({}),
});

const user = z.strictObject({
  name: z.string().min(1),
  password: z.string().min(1),
  tenant: name.optional(),
  role: z.enum(['tenant', 'operator']).default('tenant'),
});
const clientCertificate = z.strictObject({
  subject: z.string().min(1),
  tenant: name.optional(),
  role: z.enum(['tenant', 'operator']).default('tenant'),
});

const nsaId = z.string().regex(/^urn:ogf:network:[^\s?#]+$/, 'an NSA id: urn:ogf:network:DOMAIN:YEAR:NAME');
const allowedCallback = z
  .string()
  .refine(
    (entry) => readAllowedCallback(entry) !== undefined,
    'a host, *.domain, address or network/prefix, with :port or without (IPv6 in brackets)',
  );

/** Who may speak NSI for a tenant. */
const nsiRequester = z.strictObject({
  nsaId,
  tenant: name,
  /** Subject of the client certificate that it shows; any credential of the tenant if absent. */
  certificate: z.string().min(1).optional(),
  /** Takes it at its word, with no credential: over loopback or TLS, and elsewhere only with `listen.insecure`. */
  withoutCredential: z.boolean().default(false),
  /** Where its callbacks may go, beside `nsi.callbacks`. */
  callbacks: z.array(allowedCallback).default([]),
});

const nsiDelivery = z.strictObject({
  /** How long one attempt may take, connection and answer. */
  timeoutSeconds: z.number().positive().max(300).default(10),
  /** A message older than this is given up, after three attempts at least: messageDeliveryTimeout. */
  giveUpSeconds: z.number().positive().max(604800).default(600),
  /** Attempts at once to one host and port. */
  perDestination: positive.max(256).default(8),
  /** Attempts at once in all. */
  parallel: positive.max(1024).default(64),
});

/** Who this site is to NSI agents; without it NSI is not spoken here. */
const nsi = z.strictObject({
  nsaId,
  networkId: z.string().regex(/^urn:ogf:network:[^\s?#]+$/, 'a network id: urn:ogf:network:DOMAIN:YEAR:NAME'),
  requesters: z.array(nsiRequester).default([]),
  /** Where callbacks of any requester may go. */
  callbacks: z.array(allowedCallback).default(['localhost', '127.0.0.0/8', '[::1]']),
  /** Allows callbacks over plain HTTP elsewhere than to loopback. */
  insecureCallbacks: z.boolean().default(false),
  /** Authority that callback addresses over https are held against; those of the system if absent. They are shown `listen.tls.cert`. */
  callbackCa: z.string().optional(),
  delivery: nsiDelivery.default(nsiDelivery.parse({})),
});

const segments = z.strictObject({
  encapsulations: z
    .array(z.enum(encapsulations))
    .min(1)
    .default([...encapsulations]),
  keyFrom: z.number().int().min(1).max(0xffffff).default(1),
  keyTo: z.number().int().min(1).max(0xffffff).default(0xffffff),
});

const drivers = z.strictObject({
  compute: z.enum(['libvirt', 'fake']).default('libvirt'),
  network: z.enum(['ovs', 'fake']).default('ovs'),
});

/** Of the fake drivers only. */
const simulation = z.strictObject({
  /** Folder for what stands on the simulated nodes, so that it outlives the daemon; in memory if absent. */
  directory: z.string().optional(),
  /** How long a simulated node takes to answer. */
  latencyMs: z.number().min(0).max(60_000).default(0),
});

const reservations = z.strictObject({
  holdSeconds: z.number().positive().max(86400).default(120),
  placement: z.enum(['spread', 'pack']).default('spread'),
  /** How often every VI is compared with what stands, beside what events cause. */
  resyncSeconds: z.number().positive().default(30),
  /** How long a VM that has never run waits for a node that does not answer, before it is placed elsewhere. */
  moveSeconds: z.number().positive().max(86400).default(20),
  /** How often every node is asked whether its VMs run and its switch has as many flows as it was given. */
  watchSeconds: z.number().positive().max(3600).default(2),
  /** How often the flows of each switch are held against what it was given, one by one; more seldom where that takes long. */
  compareSeconds: z.number().positive().max(3600).default(10),
  /** A look that finds more VIs than this that are over and still stand removes none of them: /health asks. */
  removalLimit: positive.default(16),
  /**
   * For how long due work (timers, mostly) is left to the process that began it and no longer says that it goes on. Not the site's lease,
   * which runs for 3 s: with that, builds and all that a dead process had begun are free again at once.
   */
  leaseSeconds: z.number().positive().max(3600).default(30),
  /** How long SIGTERM lets what is being built or taken down go on; what has not ended by then is left to the next start. */
  stopSeconds: z.number().positive().max(3600).default(10),
  /** How long transitions of reservations that are over are kept. */
  historyDays: z.number().positive().max(36500).default(400),
  /** How long the answers to requests are kept, for the case that one is repeated. */
  requestDays: z.number().positive().max(36500).default(30),
});

/** What VMs and LANs may tell the management registry; what is beyond it is not believed. A LAN may have all machines of a segment. */
const registry = z
  .strictObject({
    /** News that a port of a VM, a LAN or a peer site may tell the controller in a second; its switch drops the rest. */
    newsPerSecond: positive.max(1_000_000).default(200),
    macsPerVmPort: positive.default(defaultLimits.macsPerVmPort),
    macsPerLan: positive.optional(),
    macsPerSegment: positive.default(defaultLimits.macsPerSegment),
    ipsPerMac: positive.default(defaultLimits.ipsPerMac),
    movesPerMinute: positive.default(defaultLimits.movesPerMinute),
    dampSeconds: positive.default(defaultLimits.dampSeconds),
  })
  .transform((limits) => ({ ...limits, macsPerLan: limits.macsPerLan ?? limits.macsPerSegment }));

const resources = ['cpus', 'memoryMiB', 'diskGiB'] as const;

/** A node that keeps all it has for itself has nothing to give. */
function somethingLeft(context: z.RefinementCtx, nodes: readonly z.output<typeof node>[]): void {
  nodes.forEach(({ compute: given }, index) => {
    for (const resource of resources)
      if (given !== undefined && given.reserve[resource] >= given[resource])
        context.addIssue({
          code: 'custom',
          path: ['nodes', index, 'compute', 'reserve', resource],
          message: `leaves nothing of ${given[resource]} for VMs`,
        });
  });
}

function uniqueNames(context: z.RefinementCtx, list: readonly { name: string }[], path: string): void {
  const seen = new Set<string>();
  list.forEach((item, index) => {
    if (seen.has(item.name))
      context.addIssue({ code: 'custom', path: [path, index, 'name'], message: `'${item.name}' is named twice` });
    seen.add(item.name);
  });
}

/** Where a `tcp:HOST:PORT` would have us listen. */
const controllerHost = (controller: string): string | undefined =>
  /^tcp:(?:\[(.+)\]|(.+)):\d+$/
    .exec(controller)
    ?.slice(1)
    .find((host) => host !== undefined);

function safeControllers(
  context: z.RefinementCtx,
  nodes: readonly z.output<typeof node>[],
  { insecureOpenFlow }: z.output<typeof listen>,
): void {
  nodes.forEach(({ network: { controller } }, index) => {
    const host = controllerHost(controller);
    if (host !== undefined && !isLoopback(host) && !insecureOpenFlow)
      context.addIssue({
        code: 'custom',
        path: ['nodes', index, 'network', 'controller'],
        message: `'${controller}' is not on loopback and OpenFlow is spoken without TLS: take unix:PATH, or ssl:HOST:PORT (see ssl), or say listen.insecureOpenFlow: true`,
      });
  });
}

export const siteFileSchema = z
  .strictObject({
    site: name,
    /** PostgreSQL URL; DATABASE_URL, or else an embedded real server under `stateDirectory`, if absent. */
    database: z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'a postgres:// URL')
      .optional(),
    /** Where several Iris processes share the database: what this one is called in /health and views. The host's name if absent. */
    process: name.optional(),
    /** For the embedded database, sockets and logs of ours. */
    stateDirectory: z.string().default('.iris'),
    listen: listen.default(listen.parse({})),
    ssl: ssl.optional(),
    drivers: drivers.default(drivers.parse({})),
    simulation: simulation.default(simulation.parse({})),
    reservations: reservations.default(reservations.parse({})),
    segments: segments.default(segments.parse({})),
    registry: registry.default(registry.parse({})),
    nsi: nsi.optional(),
    /** Name of the bridge that is ours on every node. */
    bridge: z.string().min(1).max(15).default('br-iris'),
    nodes: z.array(node).min(1),
    externalPorts: z.array(externalPort).default([]),
    peers: z.array(peer).default([]),
    images: z.array(image).default([]),
    tenants: z.array(tenant).min(1),
    users: z.array(user).default([]),
    clientCertificates: z.array(clientCertificate).default([]),
  })
  .superRefine((site, context) => {
    uniqueNames(context, site.nodes, 'nodes');
    uniqueNames(context, site.externalPorts, 'externalPorts');
    uniqueNames(context, site.images, 'images');
    uniqueNames(context, site.tenants, 'tenants');
    uniqueNames(context, site.users, 'users');
    somethingLeft(context, site.nodes);
    safeControllers(context, site.nodes, site.listen);
    for (const { node: index, key, message } of findUncertified(site.nodes, site.ssl !== undefined))
      context.addIssue({ code: 'custom', path: ['nodes', index, 'network', key], message });
    const gateways = new Set(site.nodes.filter((n) => n.gateway !== undefined).map((n) => n.name));
    site.externalPorts.forEach((port, index) => {
      if (!gateways.has(port.node))
        context.addIssue({
          code: 'custom',
          path: ['externalPorts', index, 'node'],
          message: `'${port.node}' is not a node with a gateway`,
        });
    });
    const tenants = new Set(site.tenants.map((t) => t.name));
    const credentials = [
      ...site.users.map((u, i) => ['users', i, u] as const),
      ...site.clientCertificates.map((c, i) => ['clientCertificates', i, c] as const),
    ];
    for (const [list, index, credential] of credentials) {
      if (credential.role === 'tenant' && credential.tenant === undefined)
        context.addIssue({
          code: 'custom',
          path: [list, index, 'tenant'],
          message: 'a credential of role tenant needs a tenant',
        });
      if (credential.tenant !== undefined && !tenants.has(credential.tenant))
        context.addIssue({
          code: 'custom',
          path: [list, index, 'tenant'],
          message: `'${credential.tenant}' is not among the tenants`,
        });
    }
    const requesters = site.nsi?.requesters ?? [];
    uniqueNames(
      context,
      requesters.map(({ nsaId: id }) => ({ name: id })),
      'nsi.requesters',
    );
    requesters.forEach(({ tenant: of, certificate, withoutCredential }, index) => {
      if (certificate !== undefined && withoutCredential)
        context.addIssue({
          code: 'custom',
          path: ['nsi', 'requesters', index, 'withoutCredential'],
          message: 'a requester that shows a certificate is not taken at its word',
        });
      if (!tenants.has(of))
        context.addIssue({
          code: 'custom',
          path: ['nsi', 'requesters', index, 'tenant'],
          message: `'${of}' is not among the tenants`,
        });
    });
    if (site.segments.keyFrom > site.segments.keyTo)
      context.addIssue({ code: 'custom', path: ['segments', 'keyTo'], message: 'is below keyFrom' });
  });

export type Site = z.output<typeof siteFileSchema>;
export type SiteNode = Site['nodes'][number];
export type SiteImage = Site['images'][number];
export type SiteTenant = Site['tenants'][number];
