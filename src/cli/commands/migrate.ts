import type { CliCommand } from '../command.js';
import { siteFileOptions, siteFileOptionsFrom } from '../site-file-options.js';

export const migrate: CliCommand = {
  name: 'migrate',
  summary: 'bring the database to the schema of this version',
  text: `Forward only; what is there stays. serve does it by itself unless told --no-migrate. Several at once
wait for each other.`,
  options: siteFileOptions,
  examples: ['iris migrate --config site.yaml', 'iris migrate --database postgres://iris@db/iris'],
  async run(context) {
    const report = await context.local.migrate(siteFileOptionsFrom(context));
    context.output.result(report, () =>
      report.applied.length === 0
        ? `${report.database}: up to date`
        : [`${report.database}: applied`, ...report.applied.map((name) => `  ${name}`)].join('\n'),
    );
  },
};
