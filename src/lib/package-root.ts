/** Where the package lies, for the files that are not code: wsdl/, examples/, package.json. Works from src/ and from dist/. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findUpwards(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('no package.json above this file: the installation is incomplete');
  return findUpwards(parent);
}

export const packageRoot = findUpwards(dirname(fileURLToPath(import.meta.url)));

/** Absolute path of a file that is shipped with the package. */
export const packageFile = (...path: string[]): string => join(packageRoot, ...path);
