/** A web service over a fake Provider, on a port of loopback that the system chose. Every answer is held to the schema. */
import type { HealthView } from '../../../src/domain/ports/provider.js';
import { type Site, siteFileSchema } from '../../../src/domain/site/site-file.js';
import { silentLog } from '../../../src/lib/log.js';
import { createWebService, type WebService, type WebServiceOptions } from '../../../src/ws/web-service.js';
import { createFakeProvider, type FakeProvider } from './fake-provider.js';

export const exampleSite = (changes: Record<string, unknown> = {}): Site =>
  siteFileSchema.parse({
    site: 'tokyo',
    listen: { soap: '127.0.0.1:0' },
    nodes: [
      {
        name: 'gw',
        network: {
          ovsdb: 'fake:gw',
          controller: 'fake:gw',
          datapathId: '0000000000000001',
          underlay: '192.0.2.1',
        },
        gateway: { address: '192.0.2.1' },
      },
    ],
    tenants: [{ name: 'red' }, { name: 'blue' }],
    users: [
      { name: 'alice', password: 'wonderland', tenant: 'red' },
      { name: 'root', password: 'toor', role: 'operator' },
    ],
    ...changes,
  });

export interface RunningService {
  url: string;
  provider: FakeProvider;
  health: HealthView;
  service: WebService;
}

export async function startService(
  options: Partial<WebServiceOptions> & { siteChanges?: Record<string, unknown> } = {},
): Promise<RunningService> {
  const { siteChanges, ...rest } = options;
  const provider = createFakeProvider();
  const health: HealthView = {
    ok: true,
    database: { ok: true, tookMs: 1 },
    switches: [
      {
        node: 'gw',
        connected: true,
        packetIns: 42,
        packetInsDropped: { meter: 5 },
        refused: { flapping: 3 },
        problems: [],
      },
    ],
  };
  const service = createWebService({
    site: exampleSite(siteChanges),
    provider,
    health: async () => health,
    log: silentLog,
    gauges: { reservationsByState: async () => ({ Created: 3 }) },
    ...rest,
  });
  const { url } = await service.start();
  return { url, provider, health, service };
}
