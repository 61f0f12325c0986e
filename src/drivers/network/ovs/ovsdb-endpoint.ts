/** Where a database server listens, as ovs-vsctl's --db says it. */
import type { NetConnectOpts } from 'node:net';

export interface OvsdbEndpoint {
  address: NetConnectOpts;
  /** Whether TLS is spoken there. */
  ssl: boolean;
}

/** `unix:PATH`, `tcp:HOST:PORT` or `ssl:HOST:PORT` (an IPv6 host in brackets). Undefined: none of them. */
export function parseOvsdbEndpoint(endpoint: string): OvsdbEndpoint | undefined {
  if (endpoint.startsWith('unix:')) return { address: { path: endpoint.slice('unix:'.length) }, ssl: false };
  const parts = /^(tcp|ssl):(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(endpoint);
  if (parts === null) return undefined;
  return { address: { host: (parts[2] ?? parts[3])!, port: Number(parts[4]) }, ssl: parts[1] === 'ssl' };
}
