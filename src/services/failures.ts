/** What went wrong on the nodes in one round, gathered so that one dead node keeps none of the others from its share. */
import { DriverError } from '../domain/errors/driver-error.js';

/** A round over several nodes throws one error with theirs as its cause; anything unforeseen is worth another attempt. */
function toDriverErrors(error: unknown): DriverError[] {
  if (!(error instanceof DriverError))
    return [
      new DriverError('transient', 'iris', error instanceof Error ? error.message : String(error), { cause: error }),
    ];
  return error.cause instanceof AggregateError ? error.cause.errors.flatMap(toDriverErrors) : [error];
}

export interface Failures {
  /** Runs it; a failure is noted, not thrown. Whether it succeeded. */
  attempt(work: () => Promise<unknown>): Promise<boolean>;
  /** Those of others. */
  note(errors: readonly DriverError[]): void;
  readonly all: readonly DriverError[];
  /** Whether waiting may help with any of them. */
  isTransient(): boolean;
  hasNode(node: string): boolean;
}

export function collectFailures(): Failures {
  const all: DriverError[] = [];
  return {
    all,
    note: (errors) => void all.push(...errors),
    async attempt(work) {
      try {
        await work();
        return true;
      } catch (error) {
        all.push(...toDriverErrors(error));
        return false;
      }
    },
    isTransient: () => all.some((failure) => failure.errorClass === 'transient'),
    hasNode: (node) => all.some((failure) => failure.node === node),
  };
}
