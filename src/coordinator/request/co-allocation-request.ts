/** The request file of `iris co-allocate`: all sites of one virtual infrastructure, and how each is reached. */
import { z } from 'zod';
import {
  externalPortSchema,
  gatewayAddressSchema,
  localHostSchema,
  nameSchema,
  scheduleSchema,
  segmentSchema,
  vmSchema,
} from './request-parts.js';

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
  /** Which of the site's gateways talks to the others; found out from the site if absent. */
  gateway: gatewayAddressSchema.optional(),
  vms: z.array(vmSchema).default([]),
  externalPorts: z.array(externalPortSchema).default([]),
  /** Machines behind this site's external ports. */
  hosts: z.array(localHostSchema).default([]),
});

export const coAllocationRequestSchema = z
  .strictObject({
    description: z.string().optional(),
    tenant: nameSchema.optional(),
    autoProvision: z.boolean().default(true),
    terminateOnRelease: z.boolean().default(true),
    schedule: scheduleSchema.default({}),
    segment: segmentSchema.default({ encapsulation: 'gre' }),
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
  });

export type CoAllocationRequest = z.output<typeof coAllocationRequestSchema>;
export type RequestedSite = CoAllocationRequest['sites'][number];
