/** A time on the command line; one without a zone is UTC. */
import { z } from 'zod';
import { instantSchema } from '../coordinator/request/request-parts.js';
import { usageError } from './cli-error.js';

export function optionTime(value: string | boolean | undefined, option: string): Date | undefined {
  const parsed = z.optional(instantSchema).safeParse(value);
  if (!parsed.success) throw usageError(`${option}: '${String(value)}' is ${parsed.error.issues[0]!.message}`);
  return parsed.data;
}
