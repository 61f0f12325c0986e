/** Callbacks to us: what is asked for is taken, what is not is refused with the fault for it and changes nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClientAsync } from 'soap';
import { type CallbackInbox, createCallbackInbox, type Notification } from '../../../src/client/nsi/callback-inbox.js';
import { silentLog } from '../../../src/lib/log.js';
import { ConfigError } from '../../../src/lib/yaml-config.js';
import { requesterProtocol } from '../../../src/wire/nsi/namespaces.js';
import { requesterOperationNames } from '../../../src/wire/nsi/operations.js';
import { type CallbackService, startCallbackService } from '../../../src/ws/callback-service.js';
import { certificatesIn } from '../../support/certificates.js';
import { startService } from '../support/running-service.js';
import { exchange } from './exchange.js';
import { mutate } from './mutate.js';
import {
  aggregator,
  envelope,
  type HeaderSaid,
  type Heard,
  hear,
  newId,
  nsiHeader,
  ourNsa,
  write,
} from './nsi-messages.js';

const osaka = { nsaId: ourNsa };
const head = (said: HeaderSaid = {}): string => nsiHeader({ protocolVersion: requesterProtocol, ...said });
const confirmed = (connectionId = 'c-1'): string => write('provisionConfirmed', { connectionId });
const notified = (notificationId = 1, connectionId = 'c-1'): string =>
  write('dataPlaneStateChange', {
    connectionId,
    notificationId,
    timeStamp: new Date(),
    dataPlaneStatus: { active: true, version: 1, versionConsistent: true },
  });

describe('nsi: callbacks to us', () => {
  let inbox: CallbackInbox;
  let service: CallbackService;
  const start = (limits = {}): Promise<CallbackService> =>
    startCallbackService({ listen: '127.0.0.1:0', nsa: aggregator, callbacks: inbox, log: silentLog, limits });
  beforeEach(async () => {
    inbox = createCallbackInbox();
    service = await start();
  });
  afterEach(() => service.stop());

  const say = async (header: string, body: string): Promise<Heard & { status: number }> => {
    const { status, text } = await exchange(new URL(service.url), envelope(header, body));
    return { status, ...hear(text) };
  };
  const isTaken = async (header: string, body: string): Promise<void> => {
    const answer = await say(header, body);
    assert.deepEqual([answer.status, answer.element], [200, 'acknowledgment'], answer.fault?.string);
  };
  const isRefused = async (errorId: string, header: string, body: string): Promise<void> => {
    const { fault, status } = await say(header, body);
    assert.deepEqual([status, fault?.detail, fault?.exception?.errorId], [500, 'serviceException', errorId]);
    assert.equal(fault?.exception?.nsaId, aggregator);
  };
  const provision = (correlationId: string) =>
    inbox.expect({ correlationId, provider: osaka, kinds: ['provisionConfirmed'] });

  it('an outcome finds its request, and is acknowledged under its id to the provider', async () => {
    const correlationId = newId();
    const { outcome } = provision(correlationId);
    const answer = await say(head({ correlationId }), confirmed());
    assert.equal(answer.header?.correlationId, correlationId);
    assert.equal(answer.header?.providerNsa, ourNsa);
    assert.match(answer.header!.protocolVersion, /provider/);
    const { element, value } = await outcome;
    assert.deepEqual([element, value], ['provisionConfirmed', { connectionId: 'c-1' }]);
  });

  it('heard twice, and late, it is acknowledged each time, and the first is what counts', async () => {
    const correlationId = newId();
    const first = provision(correlationId);
    await isTaken(head({ correlationId }), confirmed('c-1'));
    await isTaken(head({ correlationId }), confirmed('c-2'));
    first.end();
    await isTaken(head({ correlationId }), confirmed('c-3'));
    assert.deepEqual((await first.outcome).value, { connectionId: 'c-1' });
    const again = provision(correlationId);
    assert.deepEqual((await again.outcome).value, { connectionId: 'c-1' }, 'a request that is repeated has it at once');

    const overdue = newId();
    provision(overdue).end();
    await isTaken(head({ correlationId: overdue }), confirmed());
  });

  it('what nobody has asked for is refused: 00100 for an outcome, 00203 for a notification', async () => {
    await isRefused('00100', head(), confirmed());
    await isRefused('00203', head(), notified());
  });

  it('another outcome than the request can have is refused, and the request waits on', async () => {
    const correlationId = newId();
    const { outcome } = provision(correlationId);
    await isRefused('00100', head({ correlationId }), write('releaseConfirmed', { connectionId: 'c-1' }));
    await isTaken(head({ correlationId }), confirmed());
    assert.equal((await outcome).element, 'provisionConfirmed');
  });

  it('an error is an outcome of everything', async () => {
    const correlationId = newId();
    const { outcome } = provision(correlationId);
    const serviceException = { nsaId: ourNsa, errorId: '00201', text: 'no', childExceptions: [] };
    await isTaken(head({ correlationId }), write('error', { serviceException }));
    assert.equal((await outcome).element, 'error');
  });

  it('another provider than the one that was asked is refused: 00302', async () => {
    const correlationId = newId();
    provision(correlationId);
    await isRefused(
      '00302',
      head({ correlationId, providerNsa: 'urn:ogf:network:else.example:2020:nsa' }),
      confirmed(),
    );
  });

  it('a message for another requester, or for a provider, is refused', async () => {
    const correlationId = newId();
    provision(correlationId);
    await isRefused('00102', head({ correlationId, requesterNsa: ourNsa }), confirmed());
    await isRefused('00104', nsiHeader({ correlationId }), confirmed());
    await isRefused('00100', head({ correlationId }), write('provision', { connectionId: 'c-1' }));
  });

  it('what is malformed is refused, and the request waits on', async () => {
    const correlationId = newId();
    const { outcome } = provision(correlationId);
    await isRefused('00100', head({ correlationId }), confirmed().replaceAll('connectionId', 'connection'));
    await isRefused('00101', '', confirmed());
    const bomb = await exchange(
      new URL(service.url),
      `<!DOCTYPE a [<!ENTITY a "b">]>${envelope(head({ correlationId }), confirmed('&a;'))}`,
    );
    assert.equal(hear(bomb.text).fault?.exception?.errorId, '00100');
    await isTaken(head({ correlationId }), confirmed());
    await outcome;
  });

  it('notifications are heard by who follows their connection, and acknowledged after that', async () => {
    const told: Notification[] = [];
    const stop = inbox.follow('c-1', osaka, (notification) => told.push(notification));
    await isTaken(head(), notified(1));
    await isTaken(head(), notified(2).replace(/(<timeStamp>[^<]*)Z</, '$1<'));
    await isRefused('00203', head(), notified(1, 'c-2'));
    stop();
    await isTaken(head(), notified(3));
    assert.deepEqual(
      told.map(({ value }) => value.notificationId),
      [1, 2],
    );
  });

  it('what has been forgotten is unknown; what is still awaited is not forgotten', async () => {
    const small = createCallbackInbox(2);
    const ids = Array.from({ length: 4 }, newId);
    const take = (correlationId: string) =>
      small.take(
        {
          header: { ...hear(envelope(head({ correlationId }), confirmed())).header! },
          element: 'provisionConfirmed',
          value: { connectionId: 'c-1' },
        },
        {},
      );
    const [awaited, ...over] = ids.map((correlationId) =>
      small.expect({ correlationId, provider: osaka, kinds: ['provisionConfirmed'] }),
    );
    for (const { end } of over) end();
    assert.deepEqual(
      ids.map((id) => (take(id) === 'taken' ? 'taken' : 'refused')),
      ['taken', 'refused', 'refused', 'taken'],
    );
    awaited!.end();
  });

  describe('what is kept of requests', () => {
    const confirm = (at: CallbackInbox, correlationId: string) =>
      at.take(
        {
          header: { ...hear(envelope(head({ correlationId }), confirmed())).header! },
          element: 'provisionConfirmed',
          value: { connectionId: 'c-1' },
        },
        {},
      );
    const expectAt = (at: CallbackInbox, correlationId: string, isOnce = false) =>
      at.expect({ correlationId, provider: osaka, kinds: ['provisionConfirmed'], isOnce });
    /** Whether the outcome is there at once. */
    const isKept = async (at: CallbackInbox, correlationId: string): Promise<boolean> => {
      const { outcome, end } = expectAt(at, correlationId);
      const kept = await Promise.race([outcome.then(() => true), Promise.resolve().then(() => false)]);
      end();
      return kept;
    };

    it('one that two wait for is not forgotten before both have ended', () => {
      const small = createCallbackInbox(1);
      const [shared, other] = [newId(), newId()];
      const [first, second] = [expectAt(small, shared), expectAt(small, shared)];
      first.end();
      first.end();
      expectAt(small, other).end();
      assert.equal(confirm(small, shared), 'taken');
      second.end();
    });

    it('of those that are over only the newest outcomes, and none of what is asked once', async () => {
      const small = createCallbackInbox(10, 1);
      const [older, newer, late, once] = [newId(), newId(), newId(), newId()];
      for (const id of [older, newer]) {
        const { end } = expectAt(small, id);
        assert.equal(confirm(small, id), 'taken');
        end();
      }
      assert.deepEqual([await isKept(small, older), await isKept(small, newer)], [false, true]);
      expectAt(small, late).end();
      assert.equal(confirm(small, late), 'taken');
      assert.deepEqual([await isKept(small, newer), await isKept(small, late)], [false, true]);
      expectAt(small, once, true).end();
      assert.equal(confirm(small, once), 'taken');
      assert.deepEqual([await isKept(small, once), await isKept(small, late)], [false, true]);
    });
  });

  it('callbacks changed at random are acknowledged or refused as the sender’s fault, and it serves on', async () => {
    const correlationId = newId();
    provision(correlationId);
    inbox.follow('c-1', osaka, () => {});
    const serviceException = { nsaId: ourNsa, errorId: '00201', text: 'no', childExceptions: [] };
    const corpus = [
      envelope(head({ correlationId }), confirmed()),
      envelope(head({ correlationId }), write('error', { serviceException })),
      envelope(head(), notified()),
      envelope(head(), write('querySummaryConfirmed', { reservations: [] })),
    ];
    const outcomes = { taken: 0, refused: 0 };
    for (let seed = 1; seed <= 200; seed += 1) {
      const { status, text } = await exchange(new URL(service.url), mutate(seed, corpus));
      const fault = text === '' ? undefined : hear(text).fault;
      assert([200, 413, 500].includes(status), `seed ${seed}: HTTP ${status}`);
      assert.notEqual(fault?.code, 'soap:Server', `seed ${seed}: ${fault?.string}`);
      outcomes[status === 200 ? 'taken' : 'refused'] += 1;
    }
    assert(outcomes.taken > 0 && outcomes.refused > 50, JSON.stringify(outcomes));
    await isTaken(head({ correlationId }), confirmed());
  });

  it('has limits on size and time', async () => {
    const narrow = await start({ maxBytes: 20_000, bodyTimeoutMs: 400 });
    try {
      const large = await exchange(new URL(narrow.url), envelope(head(), confirmed('x'.repeat(30_000))));
      assert.equal(large.status, 413);
      const slow = await new Promise<number | undefined>((resolve, reject) => {
        const headers = { 'Content-Type': 'text/xml', 'Content-Length': 1000 };
        const request = http.request(narrow.url, { method: 'POST', agent: false, headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
          request.destroy();
        });
        request.on('error', reject);
        request.write('<');
      });
      assert.equal(slow, 408);
    } finally {
      await narrow.stop();
    }
  });

  it('hands out its contract, which a SOAP tool kit imports', async () => {
    const client = await createClientAsync(`${service.url}?wsdl`, { disableCache: true });
    const [ports] = Object.values(client.describe() as Record<string, Record<string, object>>);
    const [operations] = Object.values(ports!);
    assert.deepEqual(Object.keys(operations!).sort(), [...requesterOperationNames].sort());
    assert.match(await (await fetch(`${service.url}?wsdl`)).text(), new RegExp(`location="${service.url}"`));
  });

  it('is listened for off loopback only with TLS', async () => {
    const open = { listen: '0.0.0.0:0', nsa: aggregator, callbacks: inbox, log: silentLog };
    await assert.rejects(startCallbackService(open), (error) => {
      assert(error instanceof ConfigError);
      const [{ path, reason }] = error.problems as [ConfigError['problems'][number]];
      assert.equal(path, 'nsi.callbacks.listen');
      assert.match(reason, /give nsi\.callbacks\.cert, key and ca$/);
      return true;
    });
  });

  it('is served by a site’s daemon, too, which has asked nobody', async () => {
    const nsi = { nsaId: aggregator, networkId: 'urn:ogf:network:tokyo.example:2026:iris' };
    const { url, service: web } = await startService({ siteChanges: { nsi } });
    try {
      const address = new URL('/nsi/requester', url);
      assert.equal((await fetch(`${address}?wsdl`)).status, 200);
      const { text } = await exchange(address, envelope(head(), confirmed()));
      assert.equal(hear(text).fault?.exception?.errorId, '00100');
    } finally {
      await web.stop();
    }
  });
});

describe('nsi: callbacks to us, by certificate', () => {
  let folder: string;
  let service: CallbackService;
  const inbox = createCallbackInbox();
  const file = (name: string): string => join(folder, name);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iris-nsi-requester-'));
    const { authority, serverCertificate, clientCertificate } = certificatesIn(folder);
    await authority('ca');
    await authority('other-ca');
    await serverCertificate('server', '/CN=coordinator', 'ca');
    await clientCertificate('osaka', '/O=Osaka/CN=iris', 'ca');
    await clientCertificate('kobe', '/O=Kobe/CN=iris', 'ca');
    await clientCertificate('forged', '/O=Osaka/CN=iris', 'other-ca');
    service = await startCallbackService({
      listen: '127.0.0.1:0',
      tls: { cert: file('server.pem'), key: file('server.key'), clientCa: file('ca.pem') },
      nsa: aggregator,
      callbacks: inbox,
      log: silentLog,
    });
  });
  after(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  const callBack = (correlationId: string, certificate?: string): Promise<Heard> =>
    new Promise((resolve, reject) => {
      const read = (kind: string) => readFileSync(file(`${certificate}.${kind}`));
      const own = certificate === undefined ? {} : { cert: read('pem'), key: read('key') };
      const options = {
        method: 'POST',
        agent: false as const,
        ca: readFileSync(file('ca.pem')),
        ...own,
        headers: { 'Content-Type': 'text/xml' },
      };
      const request = https.request(service.url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve(hear(Buffer.concat(chunks).toString())));
      });
      request.on('error', reject);
      request.end(envelope(head({ correlationId }), confirmed()));
    });

  it('only the provider’s own may call back; the others change nothing', async () => {
    const correlationId = newId();
    const provider = { nsaId: ourNsa, certificate: 'CN=iris, O=Osaka' };
    const { outcome } = inbox.expect({ correlationId, provider, kinds: ['provisionConfirmed'] });
    let isHeard = false;
    void outcome.then(() => {
      isHeard = true;
    });
    assert.equal((await callBack(correlationId, 'kobe')).fault?.exception?.errorId, '00302');
    assert.equal((await callBack(correlationId, 'forged')).fault?.exception?.errorId, '00301');
    assert.equal((await callBack(correlationId)).fault?.exception?.errorId, '00301');
    assert.equal(isHeard, false);
    assert.equal((await callBack(correlationId, 'osaka')).element, 'acknowledgment');
    await outcome;
  });
});
