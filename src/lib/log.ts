/** Structured logs, one JSON object a line (pino). Bind `connectionId` and `correlationId` with `log.child({ … })`. */
import { type Logger, pino } from 'pino';

export type Log = Logger;

/** Never written, wherever they stand: secrets and what tenants put into their VMs. */
const redacted = [
  'password',
  '*.password',
  'userData',
  '*.userData',
  'vms[*].userData',
  '*.vms[*].userData',
  'databaseUrl',
];

export function createLog(options: { name: string; level?: string; file?: string }): Log {
  const destination = options.file === undefined ? 2 : options.file;
  return pino(
    {
      name: options.name,
      level: options.level ?? process.env.IRIS_LOG_LEVEL ?? 'info',
      redact: { paths: redacted, censor: '[redacted]' },
    },
    pino.destination({ dest: destination, sync: false, mkdir: true }),
  );
}

export interface LogForm {
  /** As `log.bindings()` says them. */
  bindings: Record<string, unknown>;
  level: string;
}

/** The log of another thread: its lines look like those of the log that has this form, and are written by whoever has that. */
export const createRemoteLog = ({ bindings, level }: LogForm, write: (line: string) => void): Log =>
  pino({ ...bindings, level, redact: { paths: redacted, censor: '[redacted]' } }, { write });

/** A line of a remote log, to where this one writes. */
export const writeLine = (log: Log, line: string): void =>
  void (log as unknown as Record<symbol, { write(line: string): void }>)[pino.symbols.streamSym]!.write(line);

export const silentLog: Log = pino({ level: 'silent' });
