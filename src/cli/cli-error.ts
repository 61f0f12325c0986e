/** An end of a command that is not `done`: what people are told, what programs are told, and the exit code. */
import { NsiConnectionError, NsiFault, NsiOverdue } from '../client/nsi/nsi-fault.js';
import { RmsConnectionError } from '../client/rms-client.js';
import { RmsFault } from '../client/rms-fault.js';
import { LogUnreadable } from '../coordinator/decision-log.js';
import { SiteMismatch } from '../coordinator/derive-requests.js';
import { ConfigError } from '../lib/yaml-config.js';
import { type ExitCode, exitCodes } from './exit-codes.js';

export class CliError extends Error {
  override name = 'CliError';
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

export const usageError = (message: string): CliError => new CliError(exitCodes.usage, message);

function formatFault(fault: RmsFault): string {
  const variables = Object.entries(fault.variables).map(([name, value]) => `  ${name} = ${value}`);
  const advice = fault.advice === undefined ? [] : [`  ${fault.advice}`];
  const connection = fault.connectionId === undefined ? [] : [`  connection ${fault.connectionId}`];
  const first = `${fault.site} refused ${fault.operation}: ${fault.errorId} ${fault.code}: ${fault.text}`;
  return [first, ...connection, ...variables, ...advice].join('\n');
}

const faultDetails = ({ operation, site, connectionId, errorId, code, text, variables, advice }: RmsFault) => ({
  fault: { operation, site, connectionId, errorId, code, text, variables, advice },
});

const nsiFaultDetails = ({ operation, nsaId, connectionId, errorId, text, variables }: NsiFault) => ({
  fault: { operation, nsaId, connectionId, errorId, text, variables },
});

const hasCode = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';

/** Whatever a command threw, as an end of the command. */
export function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof RmsFault) return new CliError(exitCodes.refused, formatFault(error), faultDetails(error));
  if (error instanceof NsiFault) return new CliError(exitCodes.refused, error.message, nsiFaultDetails(error));
  if (error instanceof NsiOverdue) return new CliError(exitCodes.timedOut, error.message);
  if (error instanceof RmsConnectionError || error instanceof NsiConnectionError)
    return new CliError(exitCodes.unreachable, error.message, { url: error.url });
  if (error instanceof ConfigError)
    return new CliError(exitCodes.usage, error.message, { source: error.source, problems: error.problems });
  if (error instanceof LogUnreadable || error instanceof SiteMismatch) return usageError(error.message);
  if (error instanceof Error && error.name === 'AbortError') return new CliError(exitCodes.interrupted, 'interrupted');
  if (hasCode(error)) return new CliError(exitCodes.failed, error.message, { code: error.code });
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CliError(exitCodes.failed, text);
}
