/** Who may ask for something, and for how much. */
import { z } from 'zod';
import { name, positive } from './values.js';

export const tenant = z.strictObject({
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

export const user = z.strictObject({
  name: z.string().min(1),
  password: z.string().min(1),
  tenant: name.optional(),
  role: z.enum(['tenant', 'operator']).default('tenant'),
});
export const clientCertificate = z.strictObject({
  subject: z.string().min(1),
  tenant: name.optional(),
  role: z.enum(['tenant', 'operator']).default('tenant'),
});
