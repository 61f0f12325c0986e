/** The request file of `iris reserve`, `modify` and `plan`: what is asked of one site. */
import { z } from 'zod';
import {
  externalPortSchema,
  hostSchema,
  nameSchema,
  peerSchema,
  scheduleSchema,
  segmentSchema,
  vmSchema,
} from './request-parts.js';

export const siteRequestSchema = z.strictObject({
  description: z.string().optional(),
  globalReservationId: z.string().min(1).optional(),
  /** Only an operator needs to say it. */
  tenant: nameSchema.optional(),
  autoProvision: z.boolean().default(true),
  terminateOnRelease: z.boolean().default(true),
  schedule: scheduleSchema.default({}),
  segment: segmentSchema.default({ encapsulation: 'gre' }),
  vms: z.array(vmSchema).default([]),
  externalPorts: z.array(externalPortSchema).default([]),
  peers: z.array(peerSchema).default([]),
  hosts: z.array(hostSchema).default([]),
});

export type SiteRequest = z.output<typeof siteRequestSchema>;
