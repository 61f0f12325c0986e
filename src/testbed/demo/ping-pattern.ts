/** Whose ping a captured frame is, by what its payload is filled with. */
import type { Tenant } from './tenants.js';

/** Twice over: chance does not make that. */
export const bearsPattern = (tenant: Tenant, frame: Buffer): boolean =>
  frame.includes(Buffer.from(tenant.pingPattern.repeat(2), 'hex'));
