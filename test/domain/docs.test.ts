import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { nsiErrors } from '../../src/domain/errors/nsi-errors.js';
import { packageFile } from '../../src/lib/package-root.js';

const { renderDocs } = (await import(pathToFileURL(packageFile('scripts', 'docs.mjs')).href)) as {
  renderDocs: () => Record<string, string>;
};

describe('docs drawn from tables', () => {
  for (const [page, text] of Object.entries(renderDocs()))
    it(`docs/${page} is what npm run docs writes`, () => {
      assert.equal(readFileSync(packageFile('docs', page), 'utf8'), text);
    });

  it('every error is documented, with an id of its own', () => {
    const kinds = Object.values(nsiErrors);
    assert.deepEqual(new Set(kinds.map((kind) => kind.id)).size, kinds.length);
    const page = readFileSync(packageFile('docs', 'errors.md'), 'utf8');
    for (const { id, code } of kinds) assert.ok(page.includes(`| ${id} | ${code} |`), id);
  });
});
