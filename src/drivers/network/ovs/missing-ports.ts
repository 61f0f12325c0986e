/** Ports of a VI that a node does not have yet. All else of the VI has been brought about there. */
import { DriverError } from '../../../domain/errors/driver-error.js';

export class MissingPorts extends DriverError {
  /** Only VMs lack them: their hypervisor plugs them in, and what is learnt of that brings the rest. */
  readonly areOfVms: boolean;
  constructor(node: string, ports: readonly string[], vmPorts: readonly string[]) {
    super('transient', node, `has no port ${ports.join(', ')} yet`);
    this.areOfVms = ports.every((port) => vmPorts.includes(port));
  }
}
