/** Where switches reach us: a TCP address, or a unix socket in the run directory of a switch. */
export type ListenAddress = { kind: 'tcp'; host: string; port: number } | { kind: 'unix'; path: string };

export const describeAddress = (address: ListenAddress): string =>
  address.kind === 'tcp' ? `tcp:${address.host}:${address.port}` : `unix:${address.path}`;
