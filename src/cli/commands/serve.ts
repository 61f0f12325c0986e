import type { CliCommand } from '../command.js';
import { siteFileOptions, siteFileOptionsFrom } from '../site-file-options.js';

export const serve: CliCommand = {
  name: 'serve',
  summary: 'run the daemon of a site',
  text: `Without a site file it serves examples/fake-site.yaml: simulated nodes and an embedded PostgreSQL, no
root needed. SIGTERM or Ctrl-C stops it; what is reserved and built stays, and is taken up again
at the next start. A second signal ends it at once. IRIS_LOG_LEVEL says how much is
logged (debug, info, warn, error).`,
  options: [
    ...siteFileOptions,
    { flags: '--listen <host:port>', text: 'where the web service listens; else what the site file says' },
    { flags: '--log <file>', text: 'JSON lines; standard error if absent' },
    { flags: '--no-migrate', text: 'refuse to start on a database of another version instead of migrating it' },
  ],
  stopsItself: true,
  examples: ['iris serve', 'iris serve --config /etc/iris/site.yaml --listen 127.0.0.1:8080'],
  async run(context) {
    const { listen, log, migrate } = context.options;
    const options = {
      ...siteFileOptionsFrom(context),
      listen: typeof listen === 'string' ? listen : undefined,
      logFile: typeof log === 'string' ? log : undefined,
      migrate: migrate !== false,
    };
    await context.local.serve(options, { say: (line) => context.output.note(line), signal: context.signal });
  },
};
