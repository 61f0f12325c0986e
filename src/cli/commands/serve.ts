import type { CliCommand } from '../command.js';
import { siteFileOptions, siteFileOptionsFrom } from '../site-file-options.js';

export const serve: CliCommand = {
  name: 'serve',
  summary: 'run the daemon of a site',
  text: `Without a site file it serves examples/fake-site.yaml: simulated nodes and an embedded PostgreSQL, no
root needed. SIGTERM or Ctrl-C stops it; what is reserved and built stays, and is taken up again
at the next start. A second signal ends it at once. Logs are JSON lines on standard error
(IRIS_LOG_LEVEL).`,
  options: [
    ...siteFileOptions,
    { flags: '--listen <host:port>', text: 'where the web service listens; else what the site file says' },
    { flags: '--no-migrate', text: 'refuse to start on a database of another version instead of migrating it' },
  ],
  examples: ['iris serve', 'iris serve --config /etc/iris/site.yaml --listen 127.0.0.1:8080'],
  async run(context) {
    const { listen, migrate } = context.options;
    const options = {
      ...siteFileOptionsFrom(context),
      listen: typeof listen === 'string' ? listen : undefined,
      migrate: migrate !== false,
    };
    await context.local.serve(options, (line) => context.output.note(line));
  },
};
