import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../src/lib/clock.js';
import { ConfigError } from '../../src/lib/yaml-config.js';
import { readCredentials } from '../../src/ws/security/credentials.js';
import { commit, digestToken, envelope, getReservation, post, reserve, security, textToken } from './support/post.js';
import { exampleSite, type RunningService, startService } from './support/running-service.js';

describe('authentication by user name', () => {
  let nowMs = Date.parse('2030-01-01T00:00:00Z');
  const clock: Clock = { now: () => new Date(nowMs) };
  const at = (offsetMs: number): string => new Date(nowMs + offsetMs).toISOString();
  let running: RunningService;
  before(async () => {
    running = await startService({ clock });
  });
  beforeEach(() => {
    running.provider.asked.length = 0;
  });
  after(() => running.service.stop());

  const send = (header: string, body = commit) => post(running.url, envelope(body, header));

  it('tells the provider who asks: subject, tenant and role', async () => {
    await send(security(digestToken({ created: at(0) })));
    await send(security(digestToken({ created: at(0), user: 'root', password: 'toor' })));
    assert.deepEqual(
      running.provider.asked.map((a) => a.context.requester),
      [
        { subject: 'alice', role: 'tenant', tenant: 'red' },
        { subject: 'root', role: 'operator' },
      ],
    );
  });

  it('gives queries, which bring none, a correlation id for the log', async () => {
    await send(security(digestToken({ created: at(0) })), getReservation);
    assert.match(running.provider.asked[0]?.context.correlationId ?? '', /^urn:uuid:[0-9a-f-]{36}$/);
  });

  const refused: [string, () => string][] = [
    ['no header', () => ''],
    ['an empty Security header', () => security('')],
    ['a wrong password', () => security(digestToken({ created: at(0), password: 'guess' }))],
    ['an unknown user', () => security(digestToken({ created: at(0), user: 'mallory', password: '' }))],
    ['a user named __proto__', () => security(digestToken({ created: at(0), user: '__proto__', password: '' }))],
    ['an old time stamp', () => security(digestToken({ created: at(-301_000) }))],
    ['a time stamp from the future', () => security(digestToken({ created: at(301_000) }))],
    ['a time stamp that is none', () => security(digestToken({ created: 'yesterday' }))],
    ['no nonce', () => security(digestToken({ created: at(0) }).replace(/<wsse:Nonce>.*<\/wsse:Nonce>/, ''))],
    ['no Created', () => security(digestToken({ created: at(0) }).replace(/<wsu:Created>.*<\/wsu:Created>/, ''))],
    [
      'a nonce without end',
      () => security(digestToken({ created: at(0), nonce: randomBytes(600).toString('base64') })),
    ],
    [
      'a password of an unknown type',
      () => security(digestToken({ created: at(0) }).replace('#PasswordDigest', '#Rot13')),
    ],
    [
      'a Timestamp that has expired',
      () =>
        security(
          `<u:Timestamp xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"><u:Expires>${at(-1)}</u:Expires></u:Timestamp>${digestToken({ created: at(0) })}`,
        ),
    ],
    ['a wrong password in clear', () => security(textToken('alice', 'guess'))],
    ['an empty password in clear for an unknown user', () => security(textToken('mallory', ''))],
  ];
  for (const [what, header] of refused)
    it(`refuses ${what} with 00301`, async () => {
      const { status, fault } = await send(header());
      assert.equal(status, 500);
      assert.equal(fault?.faultCode, 'soap:Client');
      assert.equal(fault?.errorId, '00301');
      assert.deepEqual(running.provider.asked, []);
    });

  it('says the same of a wrong password as of an unknown user', async () => {
    const wrong = await send(security(digestToken({ created: at(0), password: 'guess' })));
    const unknown = await send(security(digestToken({ created: at(0), user: 'mallory' })));
    assert.deepEqual(wrong.fault, unknown.fault);
  });

  it('takes a nonce once, however it is spelt, and again when its time stamp has passed', async () => {
    const nonce = 'AAAAAAAAAAAAAAAAAAAAAA==';
    const header = security(digestToken({ created: at(0), nonce }));
    assert.equal((await send(header)).status, 200);
    assert.equal((await send(header)).fault?.errorId, '00301');
    assert.equal((await send(header.replace(nonce, 'AAAAAAAAAAAAAAAAAAAAAB'))).fault?.errorId, '00301');
    nowMs += 299_000;
    assert.equal((await send(header)).fault?.errorId, '00301');
    nowMs += 60_000;
    assert.equal((await send(header)).fault?.errorId, '00301', 'the time stamp is too old now');
    assert.equal((await send(security(digestToken({ created: at(0), nonce })))).status, 200);
  });

  it('takes a password in clear on loopback', async () => {
    assert.equal((await send(security(textToken('alice', 'wonderland')))).status, 200);
  });

  it('refuses another tenant with 00302, except to an operator', async () => {
    const body = reserve().replace('<criteria>', '<tenant>blue</tenant><criteria>');
    const { fault } = await send(security(digestToken({ created: at(0) })), body);
    assert.equal(fault?.errorId, '00302');
    assert.deepEqual(fault?.variables, { tenant: 'blue' });
    assert.deepEqual(running.provider.asked, []);
    const list = '<rms:listReservations><tenant>blue</tenant></rms:listReservations>';
    assert.equal((await send(security(digestToken({ created: at(0) })), list)).fault?.errorId, '00302');
    const operator = security(digestToken({ created: at(0), user: 'root', password: 'toor' }));
    assert.equal((await send(operator, body)).status, 200);
  });

  it('says nothing about the body to somebody unknown', async () => {
    const { fault } = await send('', reserve().replace('<key>1</key>', ''));
    assert.equal(fault?.errorId, '00301');
  });
});

describe('credentials of the site file', () => {
  it('take a password from the environment', () => {
    const site = exampleSite({
      users: [{ name: 'a', password: ['$', '{IRIS_TEST_PASSWORD}'].join(''), tenant: 'red' }],
    });
    assert.equal(readCredentials(site, { IRIS_TEST_PASSWORD: 'p' }).users.get('a')?.password, 'p');
    assert.throws(
      () => readCredentials(site, {}),
      (error) => {
        assert(error instanceof ConfigError);
        assert.deepEqual(error.problems, [
          { path: 'users[0].password', reason: 'the environment variable IRIS_TEST_PASSWORD is not set' },
        ]);
        return true;
      },
    );
  });
});
