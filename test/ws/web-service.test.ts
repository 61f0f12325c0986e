import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { ConfigError } from '../../src/lib/yaml-config.js';
import { readListenAddress } from '../../src/ws/http/listen-address.js';
import { commit, correlationId, envelope, post, reserve } from './support/post.js';
import { exampleSite, type RunningService, startService } from './support/running-service.js';

/** A promise with its handles outside. */
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('web service', () => {
  let running: RunningService | undefined;
  const start = async (...options: Parameters<typeof startService>): Promise<RunningService> => {
    running = await startService(...options);
    return running;
  };
  afterEach(async () => {
    await running?.service.stop();
    running = undefined;
  });

  it('hands out its contract with the address that it was reached by, and the schema that it imports', async () => {
    const { url } = await start();
    const port = new URL(url).port;
    for (const address of [url, `http://localhost:${port}/rms`]) {
      const wsdl = await (await fetch(`${address}?wsdl`)).text();
      assert.equal(/<soap:address location="([^"]*)"/.exec(wsdl)?.[1], address);
      const schema = new URL(/schemaLocation="([^"]*)"/.exec(wsdl)![1]!, `${address}?wsdl`);
      assert.match(await (await fetch(schema)).text(), /targetNamespace="urn:iris:rms:1"/);
    }
    assert.equal((await fetch(`${url}?WSDL`)).status, 200);
  });

  it('tells its health by status and in words', async () => {
    const { url, health } = await start();
    assert.equal((await fetch(new URL('/health', url))).status, 200);
    health.ok = false;
    health.database = { ok: false, tookMs: 5, error: 'no answer' };
    const answer = await fetch(new URL('/health', url));
    assert.equal(answer.status, 503);
    assert.deepEqual(await answer.json(), health);
  });

  it('counts requests by operation and outcome, switches, and what it is given to count', async () => {
    const { url } = await start();
    await post(url, envelope(commit));
    await post(url, envelope('<rms:nothing/>'));
    await post(url, envelope(reserve().replace('<key>1</key>', '')));
    const text = await (await fetch(new URL('/metrics', url))).text();
    assert.match(text, /^iris_requests_total\{operation="commit",outcome="ok"\} 1$/m);
    assert.match(text, /^iris_requests_total\{operation="unknown",outcome="00100"\} 1$/m);
    assert.match(text, /^iris_requests_total\{operation="reserve",outcome="00100"\} 1$/m);
    assert.match(text, /^iris_request_duration_seconds_count\{operation="commit"\} 1$/m);
    assert.match(text, /^iris_switch_connected\{node="gw"\} 1$/m);
    assert.match(text, /^iris_reservations\{state="Created"\} 3$/m);
    assert.match(text, /^iris_packet_ins_total\{node="gw"\} 42$/m);
    assert.match(text, /^iris_packet_ins_dropped_total\{node="gw",by="meter"\} 5$/m);
    assert.match(text, /^iris_registry_refused_total\{node="gw",reason="flapping"\} 3$/m);
    assert.match(text, /^process_cpu_seconds_total/m);
  });

  it('logs a line a request with its ids, and neither password nor user data', async () => {
    const lines: string[] = [];
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk));
        done();
      },
    });
    const { url, provider } = await start({ log: pino({}, sink) });
    const vm =
      '<vm><name>a</name><cpus>1</cpus><memoryMiB>1</memoryMiB><diskGiB>1</diskGiB><image>i</image><userData>tell-nobody</userData></vm>';
    await post(url, envelope(reserve(vm)));
    provider.before = async () => {
      throw Object.assign(new Error('query failed'), { parameters: ['tell-nobody'] });
    };
    await post(url, envelope(reserve(vm)));
    const [answered, failed] = lines.map((line) => JSON.parse(line)).filter((line) => line.operation === 'reserve');
    assert.equal(answered.correlationId, correlationId);
    assert.equal(answered.connectionId, 'c-1');
    assert.equal(answered.requester, 'alice');
    assert.equal(answered.outcome, 'ok');
    assert.equal(failed.correlationId, correlationId);
    assert.match(JSON.stringify(failed.error), /query failed/);
    assert.doesNotMatch(lines.join(''), /tell-nobody|wonderland/);
  });

  it('refuses at once what is beyond its limit, and serves again after', async () => {
    const { url, provider } = await start({ limits: { maxInside: 2 } });
    const gate = deferred();
    let inside = 0;
    const both = deferred();
    provider.before = () => {
      inside += 1;
      if (inside === 2) both.resolve();
      return gate.promise;
    };
    const held = [post(url, envelope(commit)), post(url, envelope(commit))];
    await both.promise;
    const { status, fault, headers } = await post(url, envelope(commit));
    assert.equal(status, 500);
    assert.equal(fault?.faultCode, 'soap:Server');
    assert.equal(fault?.errorId, '00600');
    assert.equal(headers['retry-after'], '1');
    gate.resolve();
    assert.deepEqual(
      (await Promise.all(held)).map((answer) => answer.status),
      [200, 200],
    );
    assert.equal((await post(url, envelope(commit))).status, 200);
  });

  it('finishes what it is answering before it stops, and can be stopped twice', async () => {
    const { url, provider, service } = await start();
    const gate = deferred();
    const asked = deferred();
    provider.before = () => {
      asked.resolve();
      return gate.promise;
    };
    const answer = post(url, envelope(commit));
    await asked.promise;
    const stopped = service.stop();
    gate.resolve();
    assert.equal((await answer).status, 200);
    await stopped;
    await service.stop();
    await assert.rejects(post(url, envelope(commit)), { code: 'ECONNREFUSED' });
  });

  it('says what there is where nothing is', async () => {
    const { url } = await start();
    assert.equal((await fetch(new URL('/nothing', url))).status, 404);
  });

  it('does not start where it may not listen', async () => {
    await assert.rejects(startService({ siteChanges: { listen: { soap: '0.0.0.0:0' } } }), ConfigError);
  });
});

describe('where the service listens', () => {
  const read = (listen: object) => () => readListenAddress(exampleSite({ listen }).listen);
  it('is loopback, or anywhere with TLS, or anywhere if that is said to be insecure', () => {
    for (const soap of ['127.0.0.1:1', '127.9.9.9:1', '[::1]:1', 'localhost:1']) assert.equal(read({ soap })().port, 1);
    const tls = { cert: 'c', key: 'k' };
    for (const soap of ['0.0.0.0:1', '[::]:1', '192.0.2.1:1', 'example.org:1']) {
      assert.throws(
        read({ soap }),
        (error) => error instanceof ConfigError && error.problems[0]?.path === 'listen.soap',
      );
      assert.equal(read({ soap, tls })().port, 1);
      assert.equal(read({ soap, insecure: true })().port, 1);
    }
    assert.throws(read({ soap: '127.0.0.1:99999' }), ConfigError);
  });
});
