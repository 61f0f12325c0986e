/** The site file, section by section; what holds across sections is in site-rules.ts. Unknown keys are refused. */
import { z } from 'zod';
import { drivers, simulation } from './sections/drivers.js';
import { image } from './sections/images.js';
import { listen, ssl } from './sections/listen.js';
import { node } from './sections/nodes.js';
import { nsi } from './sections/nsi.js';
import { externalPort, peer } from './sections/reach.js';
import { reservations } from './sections/reservations.js';
import { registry, segments } from './sections/segments.js';
import { clientCertificate, tenant, user } from './sections/tenants.js';
import { name } from './sections/values.js';

export const siteShape = z.strictObject({
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
  /** Allows nodes' `ovsdb` addresses `tcp:` elsewhere than on loopback: their databases without TLS. */
  insecureOvsdb: z.boolean().default(false),
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
});

export type Site = z.output<typeof siteShape>;
