/** Where switches reach us: a TCP address, with TLS or without, or a unix socket in the run directory of a switch. */
export type ListenAddress = { kind: 'tcp' | 'ssl'; host: string; port: number } | { kind: 'unix'; path: string };

/** The form that `ovs-vsctl set-controller` takes: `tcp:HOST:PORT`, `ssl:HOST:PORT`, `unix:PATH`. */
export const describeAddress = (address: ListenAddress): string =>
  address.kind === 'unix' ? `unix:${address.path}` : `${address.kind}:${bracketed(address.host)}:${address.port}`;

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** From that form; undefined if it is another. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const unix = /^unix:(.+)$/.exec(text);
  if (unix !== null) return { kind: 'unix', path: unix[1]! };
  const [, kind, bracketedHost, host, port] = /^(tcp|ssl):(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  if (kind === undefined || Number(port) > 65535) return undefined;
  return { kind: kind as 'tcp' | 'ssl', host: (bracketedHost ?? host)!, port: Number(port) };
}
