/** How `iris` ends, for scripts. Shown by `iris --help`; once published a number keeps its meaning. */
export const exitCodes = {
  ok: 0,
  refused: 1,
  usage: 2,
  unreachable: 3,
  timedOut: 4,
  failed: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeTexts: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'refused by the service, or a check failed; what was refused is shown',
  2: 'wrong usage: an option, an argument or a file; nothing was sent',
  3: 'the service could not be reached, or what it answered is no rms service',
  4: 'it did not come about in time; it may still',
  5: 'the command failed on its own',
  130: 'stopped by Ctrl-C; what was asked for may still come about',
};
