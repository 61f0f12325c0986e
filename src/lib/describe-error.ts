/** An error for the log: its kind, text and stack, and those of its causes. Other properties (a query's parameters, say) may be secrets and are left out. */
export interface ErrorDescription {
  name: string;
  message: string;
  stack?: string | undefined;
  cause?: ErrorDescription | undefined;
}

export function describeError(error: unknown, depth = 5): ErrorDescription {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    cause: error.cause === undefined || depth === 0 ? undefined : describeError(error.cause, depth - 1),
  };
}
