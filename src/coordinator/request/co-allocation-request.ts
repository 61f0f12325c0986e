/** The request file of `iris co-allocate`: all sites of one virtual infrastructure, and how each is reached. */
import { z } from 'zod';
import { isWildcard } from '../../lib/loopback.js';
import {
  externalPortSchema,
  gatewayAddressSchema,
  localHostSchema,
  nameSchema,
  scheduleSchema,
  segmentKeySchema,
  segmentSchema,
  vmSchema,
} from './request-parts.js';

const nsaIdSchema = z.string().regex(/^urn:ogf:network:[^\s?#]+$/, 'an NSA id: urn:ogf:network:DOMAIN:YEAR:NAME');

/** A site that is asked over NSI CS 2.0: its `url` is that of its provider. */
const nsiProviderSchema = z.strictObject({
  nsaId: nsaIdSchema,
  /** Subject of the client certificate that its callbacks come with. */
  certificate: z.string().min(1).optional(),
  /** Which segment keys the site has; all if absent, since NSI does not tell. */
  segmentKeys: z
    .strictObject({ from: segmentKeySchema, to: segmentKeySchema })
    .refine(({ from, to }) => from <= to, { path: ['to'], error: 'is below from' })
    .optional(),
});

/** Who we are to sites that are asked over NSI. */
const nsiRequesterSchema = z.strictObject({
  nsaId: nsaIdSchema,
  /** Where their callbacks are taken while the co-allocation runs; without it their outcomes are polled. */
  callbacks: z
    .strictObject({
      listen: z.string().regex(/^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'HOST:PORT; port 0 is any that is free'),
      /** How sites reach it, where that is another address. */
      replyTo: z.url({ protocol: /^https?$/, error: 'an http:// or https:// URL' }).optional(),
      cert: z.string().optional(),
      key: z.string().optional(),
      /** Authority of the sites' client certificates. */
      ca: z.string().optional(),
    })
    .optional(),
});

/** `${NAME}` in a password is taken from the environment, so that the file need not be secret. */
const siteSchema = z.strictObject({
  name: nameSchema,
  url: z.url({ protocol: /^https?$/, error: 'an http:// or https:// URL' }),
  user: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
  passwordFile: z.string().min(1).optional(),
  cert: z.string().optional(),
  key: z.string().optional(),
  ca: z.string().optional(),
  /** rms.wsdl is spoken with sites that have none. */
  nsi: nsiProviderSchema.optional(),
  /** Which of the site's gateways talks to the others; found out from the site if absent, which NSI does not tell. */
  gateway: gatewayAddressSchema.optional(),
  vms: z.array(vmSchema).default([]),
  externalPorts: z.array(externalPortSchema).default([]),
  /** Machines behind this site's external ports. */
  hosts: z.array(localHostSchema).default([]),
});

interface NsiParts {
  nsi?: z.output<typeof nsiRequesterSchema> | undefined;
  sites: readonly z.output<typeof siteSchema>[];
}

function checkNsi({ nsi, sites }: NsiParts, context: z.RefinementCtx): void {
  const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  const { listen, replyTo, cert, key, ca } = nsi?.callbacks ?? {};
  if (listen !== undefined && isWildcard(listen.replace(/:\d+$/, '')) && replyTo === undefined)
    complain(['nsi', 'callbacks', 'replyTo'], `is needed: no site can call back to '${listen}'`);
  const overTls = cert !== undefined || key !== undefined || ca !== undefined;
  if (overTls && (cert === undefined || key === undefined || ca === undefined))
    complain(['nsi', 'callbacks'], 'cert, key and ca go together: over TLS sites are known by their certificates');
  sites.forEach((site, index) => {
    if (site.nsi === undefined) return;
    if (nsi === undefined) complain(['nsi'], `is needed: who asks site '${site.name}' over NSI`);
    if (site.gateway === undefined && sites.length > 1)
      complain(['sites', index, 'gateway'], 'is needed: over NSI a site does not tell its gateways');
    if (overTls && site.nsi.certificate === undefined)
      complain(['sites', index, 'nsi', 'certificate'], 'is needed: whose certificate its callbacks come with');
  });
}

export const coAllocationRequestSchema = z
  .strictObject({
    description: z.string().optional(),
    tenant: nameSchema.optional(),
    autoProvision: z.boolean().default(true),
    terminateOnRelease: z.boolean().default(true),
    schedule: scheduleSchema.default({}),
    segment: segmentSchema.default({ encapsulation: 'gre' }),
    nsi: nsiRequesterSchema.optional(),
    sites: z.array(siteSchema).min(1),
  })
  .superRefine((request, context) => {
    const seen = new Set<string>();
    request.sites.forEach((site, index) => {
      if (seen.has(site.name))
        context.addIssue({ code: 'custom', path: ['sites', index, 'name'], message: `'${site.name}' is named twice` });
      seen.add(site.name);
      if ((site.cert === undefined) !== (site.key === undefined))
        context.addIssue({ code: 'custom', path: ['sites', index], message: 'cert and key go together' });
    });
    checkNsi(request, context);
  });

export type CoAllocationRequest = z.output<typeof coAllocationRequestSchema>;
export type RequestedSite = CoAllocationRequest['sites'][number];
