/** The options of the commands that read the site file themselves. */
import type { CommandContext, OptionSpec } from './command.js';
import type { SiteFileOptions } from './local-commands.js';

export const siteFileOptions: readonly OptionSpec[] = [
  {
    flags: '--config <file>',
    text: 'site file; IRIS_CONFIG, or the simulated site of examples/fake-site.yaml if absent',
  },
  { flags: '--database <url>', text: 'PostgreSQL; else the site file, DATABASE_URL, or an embedded one' },
];

const text = (value: string | boolean | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

export const siteFileOptionsFrom = ({ options, env }: CommandContext): SiteFileOptions => ({
  config: text(options.config) ?? env.IRIS_CONFIG,
  database: text(options.database),
});
