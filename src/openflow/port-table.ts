/** The ports of one switch, from PORT_DESC and then from every PORT_STATUS. */
import type { Received } from '../wire/openflow/message-codec.js';
import type { Port } from '../wire/openflow/ports.js';

export interface PortTable {
  readonly ports: ReadonlyMap<number, Port>;
  replace(ports: readonly Port[]): void;
  update(status: Received<'port_status'>): void;
}

export function createPortTable(): PortTable {
  const ports = new Map<number, Port>();
  return {
    ports,
    replace(described) {
      ports.clear();
      for (const port of described) ports.set(port.port_no, port);
    },
    update({ reason, desc }) {
      if (reason === 'delete') ports.delete(desc.port_no);
      else ports.set(desc.port_no, desc);
    },
  };
}
