/** What a benchmark is to the command: how it is asked for, and what it hands back for people and for programs. */
import type { Command } from 'commander';

/** A table for people. What programs read is the report itself. */
export interface Table {
  title: string;
  columns: string[];
  rows: (string | number)[][];
}

export interface Outcome {
  /** Printed as it is by `--json`: one object, or one a line for each measurement. Times and rates carry their unit in the name. */
  report: object | readonly object[];
  tables: Table[];
  /** What makes the figures worthless, such as a wrong reply; empty when all is well. */
  faults: string[];
}

export interface Benchmark {
  /** One line for the list of benchmarks. */
  summary: string;
  /** Adds its options and its examples. */
  describe(command: Command): void;
  /** Undefined: it served until it was stopped, and measured nothing. */
  run(options: Record<string, unknown>, say: (line: string) => void): Promise<Outcome | undefined>;
}
