import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { siteFileSchema } from '../../src/domain/site/site-file.js';
import { packageFile } from '../../src/lib/package-root.js';
import { parseYaml } from '../../src/lib/yaml-config.js';

describe('README', () => {
  it('shows a site file that Iris takes', () => {
    const [, shown] = /```yaml\n(site: [\s\S]*?)```/.exec(readFileSync(packageFile('README.md'), 'utf8')) ?? [];
    assert.ok(shown !== undefined, 'no site file in the README');
    assert.equal(parseYaml(shown, siteFileSchema, 'README.md').site, 'osaka');
  });
});
