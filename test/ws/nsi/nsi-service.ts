/** The web service of a site on a real PostgreSQL with simulated nodes, asked over NSI. */
import type { NoteRefusedIdentity } from '../../../src/domain/ports/refused-identity.js';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import { silentLog } from '../../../src/lib/log.js';
import type { ConnectionElement, WireOf } from '../../../src/wire/nsi/connection-types.js';
import { type ProviderOperation, providerOperations } from '../../../src/wire/nsi/operations.js';
import { createWebService } from '../../../src/ws/web-service.js';
import { openSite, type SiteUnderTest } from '../../services/site-under-test.js';
import { sampleSite } from '../../support/domain-samples.js';
import { digestToken, security } from '../support/post.js';
import { exchange } from './exchange.js';
import { aggregator, envelope, type HeaderSaid, type Heard, hear, nsiHeader, ourNsa, write } from './nsi-messages.js';

export const neighbour = 'urn:ogf:network:neighbour.example:2020:nsa';

const nsiSite = (changes: object = {}) =>
  siteFileSchema.parse({
    ...sampleSite(),
    listen: { soap: '127.0.0.1:0' },
    externalPorts: [
      ...sampleSite().externalPorts,
      { name: 'lan4', node: 'gw', interface: 'lan4', vlans: ['1-9'], mtu: 1400 },
    ],
    users: [
      { name: 'alice', password: 'wonderland', tenant: 'alpha' },
      { name: 'bob', password: 'builder', tenant: 'beta' },
      { name: 'root', password: 'toor', role: 'operator' },
    ],
    nsi: {
      nsaId: ourNsa,
      networkId: 'urn:ogf:network:osaka.example:2026:iris',
      requesters: [
        { nsaId: aggregator, tenant: 'alpha' },
        { nsaId: neighbour, tenant: 'alpha' },
        { nsaId: 'urn:ogf:network:beta.example:2020:nsa', tenant: 'beta' },
        { nsaId: 'urn:ogf:network:trusted.example:2020:nsa', tenant: 'alpha', withoutCredential: true },
      ],
    },
    ...changes,
  });

export interface Said extends HeaderSaid {
  user?: string;
  password?: string;
  /** Instead of a token. */
  securityHeader?: string;
}

export interface Answer extends Heard {
  status: number;
}

export interface NsiService extends SiteUnderTest {
  url: string;
  /** Whose identity was refused. */
  refused: Parameters<NoteRefusedIdentity>[0][];
  /** Bytes as they are. */
  post(text: string): Promise<Answer>;
  /** `body`: whatever XML stands in the Body. */
  say(body: string, said?: Said): Promise<Answer>;
  /** Fails where it is refused. */
  ask<O extends ProviderOperation>(
    operation: O,
    request: WireOf<O>,
    said?: Said,
  ): Promise<WireOf<(typeof providerOperations)[O]['response']>>;
  /** The errorId; fails where it is not refused. */
  refusal<E extends ConnectionElement>(operation: E, request: WireOf<E>, said?: Said): Promise<string | undefined>;
}

export async function startNsi(changes: object = {}): Promise<NsiService> {
  const iris = await openSite(nsiSite(changes));
  const refused: NsiService['refused'] = [];
  const health = async () => ({ ok: true, database: { ok: true, tookMs: 1 }, switches: [] });
  const web = createWebService({
    site: iris.site,
    provider: iris.provider,
    health,
    log: silentLog,
    noteRefused: (each) => refused.push(each),
    gauges: { reservationsByState: iris.store.countReservations },
  });
  const { url } = await web.start();
  const address = new URL('/nsi/provider', url);
  const post = async (body: string): Promise<Answer> => {
    const { status, text } = await exchange(address, body);
    return { status, ...hear(text) };
  };
  const say = (body: string, { user = 'alice', password = 'wonderland', securityHeader, ...said }: Said = {}) =>
    post(envelope(nsiHeader(said) + (securityHeader ?? security(digestToken({ user, password }))), body));
  return {
    ...iris,
    url,
    refused,
    post,
    say,
    async ask(operation, request, said) {
      const answer = await say(write(operation, request), said);
      if (answer.fault !== undefined) throw new Error(`${operation}: ${answer.fault.string}`);
      if (answer.element !== providerOperations[operation].response) throw new Error(`answered with ${answer.element}`);
      return answer.body as never;
    },
    async refusal(operation, request, said) {
      const answer = await say(write(operation, request), said);
      if (answer.fault === undefined) throw new Error(`${operation} was not refused`);
      return answer.fault.exception?.errorId;
    },
    async close() {
      await web.stop();
      await iris.close();
    },
  };
}
