import type { ErrorForm } from '../../src/lib/thread-calls.js';

/** Errors as their messages. */
export const plainMessages: ErrorForm = {
  toPlain: (error) => (error as Error).message,
  fromPlain: (plain) => new Error(String(plain)),
};
