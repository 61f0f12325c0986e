/** What a node offers, from what it has, what is kept for the host and what may be promised over that. */
import assert from 'node:assert/strict';
import { deriveNodeCapacities } from '../../../src/domain/site/node-capacity.js';
import { type Site, siteFileSchema } from '../../../src/domain/site/site-file.js';
import { sampleSite } from '../../support/domain-samples.js';

const has = { uri: 'fake:///system', cpus: 8, memoryMiB: 16384, diskGiB: 100 };

function siteWith(compute: object): unknown {
  const site = sampleSite();
  return { ...site, nodes: site.nodes.map((node) => (node.name === 'n1' ? { ...node, compute } : node)) };
}
const offered = (compute: object) => deriveNodeCapacities(siteFileSchema.parse(siteWith(compute)) as Site)[0];

describe('what a node offers', () => {
  it('is what it has, where nothing else is said; a node without compute is not listed', () => {
    assert.deepEqual(offered(has), { node: 'n1', cpus: 8, memoryMiB: 16384, diskGiB: 100 });
    assert.deepEqual(
      deriveNodeCapacities(sampleSite()).map(({ node }) => node),
      ['n1', 'n2', 'n3'],
    );
  });

  it('is less what is kept for the host, times what may be promised over the rest', () => {
    const compute = { ...has, reserve: { cpus: 2, memoryMiB: 1024 }, overcommit: { cpus: 1.5, diskGiB: 2 } };
    assert.deepEqual(offered(compute), { node: 'n1', cpus: 9, memoryMiB: 15360, diskGiB: 200 });
  });

  it('is whole: a part of a CPU is nobody’s, and binary fractions cost none', () => {
    assert.equal(offered({ ...has, cpus: 5, overcommit: { cpus: 1.5 } })!.cpus, 7);
    assert.equal(offered({ ...has, cpus: 10, overcommit: { cpus: 1.1 } })!.cpus, 11);
  });

  it('is refused where it would be nothing, less than there is, or not a number', () => {
    const pathsOf = (compute: object) => {
      const { error } = siteFileSchema.safeParse(siteWith(compute));
      return error?.issues.map(({ path }) => path.join('.'));
    };
    const at = 'nodes.1.compute';
    assert.deepEqual(pathsOf({ ...has, reserve: { cpus: 8 } }), [`${at}.reserve.cpus`]);
    assert.deepEqual(pathsOf({ ...has, reserve: { memoryMiB: -1 } }), [`${at}.reserve.memoryMiB`]);
    assert.deepEqual(pathsOf({ ...has, overcommit: { cpus: 0.5 } }), [`${at}.overcommit.cpus`]);
    assert.deepEqual(pathsOf({ ...has, overcommit: 2 }), [`${at}.overcommit`]);
  });
});
