/** The site file of a test's private node. */
import type { z } from 'zod';
import { type Site, siteFileSchema } from '../../../../src/domain/site/site-file.js';
import type { PrivateNode } from './private-node.js';

export const privateNodeName = 'node1';

export const createPrivateSite = (node: PrivateNode, images: z.input<typeof siteFileSchema>['images']): Site =>
  siteFileSchema.parse({
    site: 'test',
    nodes: [
      {
        name: privateNodeName,
        compute: { uri: node.uri, cpus: 2, memoryMiB: 1024, diskGiB: 10, diskDirectory: `${node.folder}/disks` },
        network: { ovsdb: 'fake:', controller: 'fake:', datapathId: '0000000000000001', underlay: '192.0.2.1' },
      },
    ],
    images,
    tenants: [{ name: 'tenant' }],
  });
