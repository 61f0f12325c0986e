/** Nodes fail one by one and are told of together: which, and whether trying again may help. */
import { DriverError, type DriverErrorClass } from '../../domain/errors/driver-error.js';

/** What will not pass by waiting decides, so that it surfaces and is not retried for ever. */
const weight: Record<DriverErrorClass, number> = { transient: 0, notFound: 1, conflict: 2, permanent: 3 };

export function throwFailures(failures: readonly DriverError[]): void {
  if (failures.length === 0) return;
  if (failures.length === 1) throw failures[0]!;
  const [worst] = [...failures].sort((a, b) => weight[b.errorClass] - weight[a.errorClass]);
  const nodes = failures.map((failure) => failure.node).join(', ');
  const what = `${failures.length} nodes failed: ${failures.map((failure) => failure.message).join('; ')}`;
  throw new DriverError(worst!.errorClass, nodes, what, { cause: new AggregateError(failures) });
}

/** Runs `work` for all nodes at once and throws what failed at the end, so that one dead node keeps none from its share. */
export async function forNodes(nodes: Iterable<string>, work: (node: string) => Promise<void>): Promise<void> {
  const failures: DriverError[] = [];
  await Promise.all(
    [...nodes].map(async (node) => {
      try {
        await work(node);
      } catch (error) {
        failures.push(
          error instanceof DriverError ? error : new DriverError('permanent', node, String(error), { cause: error }),
        );
      }
    }),
  );
  throwFailures(failures);
}
