/** The layer-2 networks that are cut out of the site, and what their machines may tell. */
import { z } from 'zod';
import { defaultLimits } from '../../registry/registry-limits.js';
import { encapsulations } from '../../vi/criteria.js';
import { positive } from './values.js';

export const segments = z.strictObject({
  encapsulations: z
    .array(z.enum(encapsulations))
    .min(1)
    .default([...encapsulations]),
  keyFrom: z.number().int().min(1).max(0xffffff).default(1),
  keyTo: z.number().int().min(1).max(0xffffff).default(0xffffff),
});

/** What VMs and LANs may tell the management registry; what is beyond it is not believed. A LAN may have all machines of a segment. */
export const registry = z
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
