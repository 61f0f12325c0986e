/** Where a database server listens, as ovs-vsctl's --db says it. */
import type { NetConnectOpts } from 'node:net';

/** `unix:PATH` or `tcp:HOST:PORT` (an IPv6 host in brackets). Undefined: neither. */
export function toConnectOptions(endpoint: string): NetConnectOpts | undefined {
  if (endpoint.startsWith('unix:')) return { path: endpoint.slice('unix:'.length) };
  const tcp = /^tcp:(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(endpoint);
  return tcp === null ? undefined : { host: (tcp[1] ?? tcp[2])!, port: Number(tcp[3]) };
}
