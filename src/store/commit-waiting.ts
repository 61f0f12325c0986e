/**
 * Whether a statement's commit waits for the disk, whatever its session's setting: as one of the statement's tables, so that it goes with the
 * statement and with nothing else. What a crash of the database takes back of a commit that did not wait must do no harm.
 */
const setTo = (value: 'on' | 'off', alias: string): string =>
  `(SELECT set_config('synchronous_commit', '${value}', true)) AS ${alias}`;

export const lazily = setTo('off', 'lazily');
export const durably = setTo('on', 'durably');
