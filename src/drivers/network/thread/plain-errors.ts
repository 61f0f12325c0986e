/**
 * Errors of a network driver as plain data and back: structuredClone keeps neither our classes nor what they carry. Class, texts, stack and
 * causes stay; of any other error it stays what it says.
 */
import { DriverError, type DriverErrorClass } from '../../../domain/errors/driver-error.js';
import type { ErrorForm } from '../../../lib/thread-calls.js';

interface PlainError {
  name: string;
  message: string;
  stack?: string;
  code?: string;
  cause?: PlainError;
  /** Of an AggregateError. */
  errors?: PlainError[];
  driver?: { errorClass: DriverErrorClass; node: string };
}

/** Nobody looks deeper, and a circle has to end somewhere. */
const deepest = 8;

function toPlain(error: unknown, depth = 0): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  const isDeeper = depth < deepest;
  return {
    name,
    message,
    ...(stack === undefined ? {} : { stack }),
    ...(typeof code === 'string' ? { code } : {}),
    ...(cause === undefined || !isDeeper ? {} : { cause: toPlain(cause, depth + 1) }),
    ...(error instanceof AggregateError && isDeeper
      ? { errors: error.errors.map((one) => toPlain(one, depth + 1)) }
      : {}),
    ...(error instanceof DriverError ? { driver: { errorClass: error.errorClass, node: error.node } } : {}),
  };
}

function fromPlain(plain: PlainError): Error {
  const { name, message, stack, code, cause, errors, driver } = plain;
  const options = cause === undefined ? undefined : { cause: fromPlain(cause) };
  const error =
    driver !== undefined
      ? new DriverError(driver.errorClass, driver.node, '', options)
      : errors !== undefined
        ? new AggregateError(errors.map(fromPlain), message, options)
        : new Error(message, options);
  Object.defineProperties(error, {
    message: { value: message, writable: true, configurable: true },
    stack: { value: stack, writable: true, configurable: true },
  });
  error.name = name;
  return code === undefined ? error : Object.assign(error, { code });
}

export const plainErrors: ErrorForm = {
  toPlain: (error) => toPlain(error),
  fromPlain: (plain) => fromPlain(plain as PlainError),
};
