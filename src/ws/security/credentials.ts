/** Who may ask, from the site file: users by name and certificates by subject, with their tenant and role. */
import type { Requester } from '../../domain/reservation/reservation.js';
import type { Site } from '../../domain/site/site-file.js';
import { canonicalSubject } from '../../lib/certificate-subject.js';
import { ConfigError } from '../../lib/yaml-config.js';

export interface Credentials {
  users: ReadonlyMap<string, { password: string; requester: Requester }>;
  certificates: ReadonlyMap<string, Requester>;
}

const toRequester = (subject: string, entry: { tenant?: string | undefined; role: Requester['role'] }): Requester => ({
  subject,
  role: entry.role,
  ...(entry.tenant === undefined ? {} : { tenant: entry.tenant }),
});

/** `${NAME}` as a whole is taken from the environment. */
function resolveSecret(text: string, path: string, environment: NodeJS.ProcessEnv): string {
  const name = /^\$\{(\w+)\}$/.exec(text)?.[1];
  if (name === undefined) return text;
  const value = environment[name];
  if (value !== undefined && value !== '') return value;
  throw new ConfigError('site file', [{ path, reason: `the environment variable ${name} is not set` }]);
}

/** Throws ConfigError for a password that the environment lacks. */
export function readCredentials(
  site: Pick<Site, 'users' | 'clientCertificates'>,
  environment: NodeJS.ProcessEnv = process.env,
): Credentials {
  return {
    users: new Map(
      site.users.map((user, index) => [
        user.name,
        {
          password: resolveSecret(user.password, `users[${index}].password`, environment),
          requester: toRequester(user.name, user),
        },
      ]),
    ),
    certificates: new Map(
      site.clientCertificates.map((entry) => {
        const subject = canonicalSubject(entry.subject);
        return [subject, toRequester(subject, entry)];
      }),
    ),
  };
}
