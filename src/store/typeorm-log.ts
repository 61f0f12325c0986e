/** TypeORM's words in our log: failures and migrations; no queries, since tenants' secrets are in their parameters. */
import type { Logger } from 'typeorm';
import type { Log } from '../lib/log.js';

const nothing = () => {};

export const toTypeormLog = (log: Log): Logger => ({
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: (message) => log.debug(message),
  log: (level, message) => (level === 'warn' ? log.warn(message) : log.debug(message)),
});
