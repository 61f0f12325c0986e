/** Where switches reach us: a TCP address, or a unix socket in the run directory of a switch. */
export type ListenAddress = { kind: 'tcp'; host: string; port: number } | { kind: 'unix'; path: string };

/** The form that `ovs-vsctl set-controller` takes: `tcp:HOST:PORT`, `unix:PATH`. */
export const describeAddress = (address: ListenAddress): string =>
  address.kind === 'tcp' ? `tcp:${bracketed(address.host)}:${address.port}` : `unix:${address.path}`;

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** From that form; undefined if it is another. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const unix = /^unix:(.+)$/.exec(text);
  if (unix !== null) return { kind: 'unix', path: unix[1]! };
  const tcp = /^tcp:(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  if (tcp === null || Number(tcp[3]) > 65535) return undefined;
  return { kind: 'tcp', host: (tcp[1] ?? tcp[2])!, port: Number(tcp[3]) };
}
