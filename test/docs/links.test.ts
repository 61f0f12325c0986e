import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packageFile, packageRoot } from '../../src/lib/package-root.js';

const pages = [
  packageFile('README.md'),
  packageFile('CHANGELOG.md'),
  ...['docs', 'docs/adr'].flatMap((folder) =>
    readdirSync(packageFile(folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => packageFile(folder, name)),
  ),
];

const link = /\]\((?!https?:|mailto:|#)([^)\s#]+)/g;

describe('documentation', () => {
  for (const page of pages)
    it(`${relative(packageRoot, page)} links only to what is there`, () => {
      const targets = [...readFileSync(page, 'utf8').matchAll(link)].map(([, target]) => target!);
      const broken = targets.filter((target) => !existsSync(join(dirname(page), target)));
      assert.deepEqual(broken, []);
    });
});
