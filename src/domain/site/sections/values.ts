/** What values in the site file look like. */
import { z } from 'zod';

export const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'a name: letters, digits, dot, dash or underscore, at most 63, starting with a letter or digit',
  );
export const ipAddress = z.union([z.ipv4(), z.ipv6()], { error: 'an IPv4 or IPv6 address' });
export const hostAndPort = z.string().regex(/^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'HOST:PORT');
export const datapathId = z.string().regex(/^[0-9a-f]{16}$/, '16 hexadecimal digits, lower case');
export const positive = z.number().int().positive();

/** `0` is untagged; ranges are inclusive: `[0, '100-199']`. */
export const vlanRange = z.union([
  z.number().int().min(0).max(4094),
  z.string().regex(/^\d{1,4}-\d{1,4}$/, 'a VLAN id, or a range FROM-TO'),
]);
