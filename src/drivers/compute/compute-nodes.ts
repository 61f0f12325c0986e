/** What the site file says about the nodes and images that a compute driver is asked for, or the error that says what is missing. */
import { DriverError } from '../../domain/errors/driver-error.js';
import type { Site, SiteImage, SiteNode } from '../../domain/site/site-file.js';

export type SiteCompute = NonNullable<SiteNode['compute']>;

export function findCompute(site: Site, node: string): SiteCompute {
  const compute = site.nodes.find((candidate) => candidate.name === node)?.compute;
  if (compute === undefined) throw new DriverError('notFound', node, 'is not a compute node of this site');
  return compute;
}

export function findImage(site: Site, node: string, name: string): SiteImage {
  const image = site.images.find((candidate) => candidate.name === name);
  if (image === undefined) throw new DriverError('permanent', node, `image '${name}' is not in the site file`);
  return image;
}
