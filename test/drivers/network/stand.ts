/** What the reconciler does with a transient failure, as of a busy machine: it tries again. For tests that begin with VIs that stand. */
import { DriverError } from '../../../src/domain/errors/driver-error.js';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { until } from './ovs-world.js';

export const stands = (driver: NetworkDriver, vi: PlacedVi): Promise<unknown> =>
  until(`VI ${vi.viNumber} to stand`, () =>
    driver.ensure(vi).then(
      () => true,
      (error) => {
        if (error instanceof DriverError && error.errorClass === 'transient') return undefined;
        throw error;
      },
    ),
  );
