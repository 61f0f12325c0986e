/** The files in examples/ are true: they pass the checks, and the commented site file has every key there is. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { coAllocationRequestSchema } from '../../src/coordinator/request/co-allocation-request.js';
import { siteRequestSchema } from '../../src/coordinator/request/site-request.js';
import { readSiteFile } from '../../src/daemon/site-config.js';
import { siteFileSchema } from '../../src/domain/site/site-file.js';
import { packageFile } from '../../src/lib/package-root.js';
import { ConfigError, parseYaml } from '../../src/lib/yaml-config.js';

const read = (name: string): Promise<string> => readFile(packageFile('examples', name), 'utf8');
const secrets = { IRIS_DATABASE_PASSWORD: 'd', ACME_PASSWORD: 'a', OPERATOR_PASSWORD: 'o' };

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

const keysOf = (schema: JsonSchema): string[] => [
  ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [key, ...keysOf(value)]),
  ...(schema.items === undefined ? [] : keysOf(schema.items)),
  ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(keysOf),
];

const missingKeys = async (schema: z.ZodType, file: string): Promise<string[]> => {
  const keys = keysOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
  assert.ok(keys.length > 10);
  const text = await read(file);
  return keys.filter((key) => !new RegExp(`\\b${key}:`).test(text));
};

describe('examples', () => {
  it('site files pass the check, with secrets from the environment and absolute paths', async () => {
    for (const file of ['fake-site.yaml', 'compose-site.yaml']) await readSiteFile(packageFile('examples', file), {});
    const site = await readSiteFile(packageFile('examples', 'site.yaml'), secrets);
    assert.equal(site.users[0]!.password, 'a');
    assert.match(site.database!, /iris:d@/);
    const [image] = site.images;
    assert.ok(image?.kind === 'qcow2');
    assert.equal(image.file, packageFile('examples', 'images', 'debian-12.qcow2'));
  });

  it('a secret that the environment lacks is named with its path', async () => {
    await assert.rejects(readSiteFile(packageFile('examples', 'site.yaml'), { ACME_PASSWORD: 'a' }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.problems.map(({ path }) => path),
        ['database', 'users[1].password'],
      );
      return true;
    });
  });

  it('requests pass the check', async () => {
    parseYaml(await read('request.yaml'), siteRequestSchema, 'request.yaml');
    parseYaml(await read('co-allocation.yaml'), coAllocationRequestSchema, 'co-allocation.yaml');
  });

  it('the commented files have every key', async () => {
    assert.deepEqual(await missingKeys(siteFileSchema, 'site.yaml'), []);
    assert.deepEqual(await missingKeys(siteRequestSchema, 'request.yaml'), []);
  });
});
