/** What VMs boot from. */
import { z } from 'zod';
import { name } from './values.js';

export const image = z.discriminatedUnion('kind', [
  z.strictObject({
    name,
    kind: z.literal('kernel'),
    kernel: z.string(),
    initrd: z.string(),
    commandLine: z.string().default('console=ttyS0 quiet'),
  }),
  z.strictObject({ name, kind: z.literal('qcow2'), file: z.string() }),
]);
