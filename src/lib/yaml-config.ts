/** Reads YAML against a zod schema and says everything that is wrong with it, each with its path. */
import { parseDocument } from 'yaml';
import type { z } from 'zod';

export interface ConfigProblem {
  /** Dotted path, `nodes[2].compute.uri`; empty for the document itself. */
  path: string;
  reason: string;
}

export class ConfigError extends Error {
  override name = 'ConfigError';
  constructor(
    readonly source: string,
    readonly problems: readonly ConfigProblem[],
  ) {
    super(`${source}:\n${problems.map((p) => `  ${p.path === '' ? '(document)' : p.path}: ${p.reason}`).join('\n')}`);
  }
}

const formatPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );

/** `source` names the file in messages. Throws ConfigError. */
export function parseYaml<S extends z.ZodType>(text: string, schema: S, source: string): z.output<S> {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new ConfigError(
      source,
      document.errors.map((e) => ({ path: '', reason: e.message.split('\n')[0]! })),
    );
  }
  const result = schema.safeParse(document.toJS({ maxAliasCount: 20 }));
  if (result.success) return result.data;
  throw new ConfigError(
    source,
    result.error.issues.map((issue) => ({ path: formatPath(issue.path), reason: issue.message })),
  );
}
