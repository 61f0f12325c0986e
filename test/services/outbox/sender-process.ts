/** A process that sends callbacks and nothing else, to be killed: DATABASE_URL and the site's nsi section are in the environment. */
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../src/lib/clock.js';
import { silentLog } from '../../../src/lib/log.js';
import { createDelivery } from '../../../src/services/outbox/delivery.js';
import type { SiteContext } from '../../../src/services/site-context.js';
import { createStore } from '../../../src/store/create-store.js';
import { createLeaseStore } from '../../../src/store/site-lease.js';
import { sampleSite } from '../../support/domain-samples.js';
import { plainWriter } from './plain-writer.js';

const { DATABASE_URL: url = '', NSI_SECTION: section = '{}' } = process.env;
const site = sampleSite({ nsi: JSON.parse(section) });
const store = await createStore({ url, log: silentLog });
const self = { process: randomUUID(), name: 'doomed', controllers: {} };
await (await createLeaseStore(url, silentLog)).beat(self, 60_000);
// Drivers are not for the outbox.
const context = { site, store, clock: systemClock, log: silentLog } as SiteContext;
createDelivery(context, plainWriter, { worker: self.process }).start();
