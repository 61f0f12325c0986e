/** What segments reach outside of the nodes: LANs at external ports, and other sites. */
import { z } from 'zod';
import { encapsulations } from '../../vi/criteria.js';
import { ipAddress, name, positive, vlanRange } from './values.js';

export const externalPort = z.strictObject({
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

export const peer = z.strictObject({
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
