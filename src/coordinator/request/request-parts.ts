/** What request files are made of: the zod schemas that a site's request and a co-allocation share. Unknown keys are refused. */
import { z } from 'zod';

export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name: letters, digits, dot, dash or underscore, at most 63');
const ipSchema = z.union([z.ipv4(), z.ipv6()], { error: 'an IPv4 or IPv6 address' });
const macSchema = z
  .string()
  .regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/, "a MAC address such as '52:54:00:12:34:56' (in quotes)")
  .transform((mac) => mac.toLowerCase());
const vlanSchema = z.number().int().min(0).max(4094);
const positive = z.number().int().positive();

const nicSchema = z.strictObject({
  mac: macSchema.optional(),
  ip: ipSchema.optional(),
  prefixLength: z.number().int().min(0).max(128).optional(),
});

export const vmSchema = z
  .strictObject({
    name: nameSchema,
    count: positive.default(1),
    cpus: positive,
    memoryMiB: positive,
    diskGiB: positive,
    image: nameSchema,
    nested: z.boolean().default(true),
    nics: z.array(nicSchema).min(1).default([{}]),
    antiAffinity: nameSchema.optional(),
    userData: z.string().optional(),
  })
  .superRefine((vm, context) => {
    if (vm.count === 1) return;
    vm.nics.forEach((nic, index) => {
      for (const key of ['mac', 'ip'] as const)
        if (nic[key] !== undefined)
          context.addIssue({ code: 'custom', path: ['nics', index, key], message: 'is allowed only where count is 1' });
    });
  });

export const externalPortSchema = z.strictObject({
  name: nameSchema,
  vlans: z.array(vlanSchema).min(1),
  /** The hosts behind it are set to the segment's MTU: without this a port with a larger one is refused. */
  hostsUseSegmentMtu: z.boolean().optional(),
});
export const peerSchema = z.strictObject({ site: nameSchema, gateway: ipSchema });
/** A machine that stands at the site it is listed under. */
export const localHostSchema = z.strictObject({
  mac: macSchema,
  ip: ipSchema.optional(),
  vlan: vlanSchema.default(0),
});
export const hostSchema = localHostSchema.extend({ site: nameSchema });
export const gatewayAddressSchema = ipSchema;

export const segmentKeySchema = z.number().int().min(1).max(0xffffff);

/** Without a key a free one is chosen. */
export const segmentSchema = z.strictObject({
  key: segmentKeySchema.optional(),
  encapsulation: z.enum(['gre', 'vxlan', 'geneve']).default('gre'),
  /** Only MACs and IPs that are listed, together, may send. */
  strictAddresses: z.boolean().optional(),
});

const zoned = /(Z|[+-]\d{2}:?\d{2})$/i;

/** A time without a zone is read as UTC, as NSI peers write them. */
export const instantSchema = z.string().transform((text, context) => {
  const at = new Date(zoned.test(text) || !text.includes('T') ? text : `${text}Z`);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(at.getTime())) {
    context.addIssue({ code: 'custom', message: 'no time; write it as 2026-01-31T09:00:00Z' });
    return z.NEVER;
  }
  return at;
});

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const durationSchema = z
  .string()
  .regex(/^\d+[smhd]$/, "a duration such as '90m', '2h' or '7d'")
  .transform((text) => Number(text.slice(0, -1)) * unitMs[text.at(-1) as keyof typeof unitMs]);

export const scheduleSchema = z
  .strictObject({ start: instantSchema.optional(), end: instantSchema.optional(), duration: durationSchema.optional() })
  .superRefine((schedule, context) => {
    if (schedule.end !== undefined && schedule.duration !== undefined)
      context.addIssue({ code: 'custom', path: ['duration'], message: 'says the same as end; give one of them' });
    if (schedule.start !== undefined && schedule.end !== undefined && schedule.end <= schedule.start)
      context.addIssue({ code: 'custom', path: ['end'], message: 'is not after start' });
  });

export interface Interval {
  start?: Date;
  end?: Date;
}

/** A duration counts from the start, or from now. */
export function deriveInterval(schedule: z.output<typeof scheduleSchema>, now: Date): Interval {
  const { start, end, duration: durationMs } = schedule;
  if (durationMs === undefined) return { start, end };
  return { start, end: new Date((start ?? now).getTime() + durationMs) };
}
