/** A benchmark in parts that can be had one by one. */
import { InvalidArgumentError, Option } from 'commander';
import type { Outcome, Table } from './benchmark.js';

/** One part's share of the outcome. */
export interface Part {
  report: object;
  table: Table;
  faults: string[];
}

export const notMeasured = (title: string, reason: string): Part => ({
  report: { skipped: reason },
  table: { title, columns: ['not measured'], rows: [[reason]] },
  faults: [],
});

export type Parts<Options> = Record<string, (options: Options, say: (line: string) => void) => Part | Promise<Part>>;

/** `--only a,b`. */
export function onlyOption(parts: Parts<never>): Option {
  const names = Object.keys(parts);
  return new Option('--only <parts>', `of ${names.join(', ')}, those to measure`).default(names).argParser((text) => {
    const chosen = text.split(',');
    const unknown = chosen.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new InvalidArgumentError(`'${unknown}' is none of ${names.join(', ')}.`);
    return chosen;
  });
}

/** The chosen ones in their order; the report has a property for each. */
export async function measureParts<Options extends { only: string[] }>(
  parts: Parts<Options>,
  options: Options,
  say: (line: string) => void,
): Promise<Outcome> {
  const outcome: Outcome & { report: Record<string, object> } = { report: {}, tables: [], faults: [] };
  for (const name of options.only) {
    const { report, table, faults } = await parts[name]!(options, say);
    outcome.report[name] = report;
    outcome.tables.push(table);
    outcome.faults.push(...faults);
  }
  return outcome;
}
