/** A process that sends callbacks and nothing else, to be killed: DATABASE_URL and the site's nsi section are in the environment. */
import { systemClock } from '../../../src/lib/clock.js';
import { silentLog } from '../../../src/lib/log.js';
import { createDelivery } from '../../../src/services/outbox/delivery.js';
import type { SiteContext } from '../../../src/services/site-context.js';
import { createStore } from '../../../src/store/create-store.js';
import { sampleSite } from '../../support/domain-samples.js';
import { plainWriter } from './plain-writer.js';

const site = sampleSite({ nsi: JSON.parse(process.env.NSI_SECTION ?? '{}') });
const store = await createStore({ url: process.env.DATABASE_URL ?? '', log: silentLog });
// Drivers are not for the outbox.
const context = { site, store, clock: systemClock, log: silentLog } as SiteContext;
createDelivery(context, plainWriter).start();
