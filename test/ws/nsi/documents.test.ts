/** /nsi/discovery.xml and /nsi/topology.xml of a running service: valid, for each reader what it may see, and nothing for those who have it already. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XmlDocument, XsdValidator, xmlCleanupInputProvider, xmlRegisterInputProvider } from 'libxml2-wasm';
import { fsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import { toPointToPointCriteria } from '../../../src/domain/p2p/point-to-point-criteria.js';
import { packageFile } from '../../../src/lib/package-root.js';
import { createDocumentVersions, isKnown } from '../../../src/ws/nsi/document-versions.js';
import { call, request } from '../../services/site-under-test.js';
import { type NsiService, startNsi } from './nsi-service.js';

const schemas = { discovery: 'discovery-nsa.xsd', topology: 'nml-base.xsd' } as const;
type Name = keyof typeof schemas;

function compile(name: Name) {
  const file = join(packageFile('wsdl', 'nsi'), schemas[name]);
  const document = XmlDocument.fromBuffer(readFileSync(file), { url: file });
  xmlRegisterInputProvider(fsInputProviders);
  try {
    return XsdValidator.fromDoc(document);
  } finally {
    xmlCleanupInputProvider();
  }
}

const namespaces = {
  nml: 'http://schemas.ogf.org/nml/2013/05/base#',
  eth: 'http://schemas.ogf.org/nml/2012/10/ethernet',
};

describe('documents of the NSI service', () => {
  const validators = { discovery: compile('discovery'), topology: compile('topology') };
  after(() => {
    for (const validator of Object.values(validators)) validator.dispose();
  });

  let iris: NsiService;
  beforeEach(async () => {
    iris = await startNsi({
      externalPorts: [
        { name: 'lan1', node: 'gw', interface: 'lan1', vlans: [0, '100-199'], capacityMbit: 400 },
        { name: 'lan2', node: 'gw', interface: 'lan2', vlans: ['10-20'], tenants: ['beta'] },
      ],
      peers: [
        {
          site: 'tokyo',
          gateways: ['192.0.2.2'],
          vlans: ['1000-1999'],
          networkId: 'urn:ogf:network:tokyo.example:2026:iris',
        },
        { site: 'nagoya', gateways: ['192.0.2.3'] },
      ],
    });
  });
  afterEach(() => iris.close());

  const basic = (user: string, password: string) => ({
    Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });
  const alice = basic('alice', 'wonderland');
  const bob = basic('bob', 'builder');

  const get = (name: Name, headers: Record<string, string> = {}) =>
    fetch(new URL(`/nsi/${name}.xml`, iris.url), { headers });

  async function read(name: Name, headers?: Record<string, string>): Promise<XmlDocument> {
    const response = await get(name, headers);
    assert.equal(response.status, 200);
    const document = XmlDocument.fromString(await response.text());
    validators[name].validate(document);
    return document;
  }

  const texts = (document: XmlDocument, path: string): string[] =>
    document.find(path, namespaces).map(({ content }) => content);

  async function portsFor(headers?: Record<string, string>): Promise<string[]> {
    const document = await read('topology', headers);
    const ids = texts(document, '/nml:Topology/nml:BidirectionalPort/@id');
    document.dispose();
    return ids.map((id) => id.slice(id.lastIndexOf(':') + 1));
  }

  it('tell who this is, where it is asked, and how', async () => {
    const document = await read('discovery');
    assert.deepEqual(texts(document, '/*/networkId'), ['urn:ogf:network:osaka.example:2026:iris']);
    const base = new URL(iris.url).origin;
    assert.deepEqual(texts(document, '/*/interface/href'), [
      `${base}/nsi/discovery.xml`,
      `${base}/nsi/topology.xml`,
      `${base}/nsi/provider`,
    ]);
    assert.deepEqual(texts(document, '/*/peersWith'), []);
    document.dispose();
    const own = await read('discovery', bob);
    assert.deepEqual(texts(own, '/*/peersWith'), ['urn:ogf:network:beta.example:2020:nsa']);
    own.dispose();
    assert.equal((await fetch(new URL('/nsi/provider?wsdl', iris.url))).status, 200);
  });

  it('tell labels, capacity and what a peer calls the same STP', async () => {
    const document = await read('topology');
    const groups = '/nml:Topology/nml:Relation/nml:PortGroup';
    assert.deepEqual(texts(document, `${groups}/nml:LabelGroup`), ['0,100-199', '1000-1999', '0,100-199', '1000-1999']);
    assert.deepEqual(texts(document, `${groups}/eth:capacity`), ['400000000', '1000000000', '400000000', '1000000000']);
    assert.deepEqual(texts(document, `${groups}/nml:Relation/nml:PortGroup/@id`), [
      'urn:ogf:network:tokyo.example:2026:iris:peer+osaka+out',
      'urn:ogf:network:tokyo.example:2026:iris:peer+osaka+in',
    ]);
    document.dispose();
  });

  it('show each reader what it may use', async () => {
    const { connectionId } = await iris.provider.reserve(call(), request());
    const vi = `vi+${connectionId}`;
    assert.deepEqual(await portsFor(), ['lan1', 'peer+tokyo']);
    assert.deepEqual(await portsFor(alice), ['lan1', 'peer+tokyo', vi]);
    assert.deepEqual(await portsFor(bob), ['lan1', 'lan2', 'peer+tokyo']);
    assert.deepEqual(await portsFor(basic('root', 'toor')), ['lan1', 'lan2', 'peer+tokyo', vi]);
    await iris.provider.abort(call(), connectionId);
    assert.deepEqual(await portsFor(alice), ['lan1', 'peer+tokyo']);
  });

  it('are not for who brings a wrong password, or anything that is none', async () => {
    for (const headers of [basic('alice', 'wrong'), basic('nobody', ''), { Authorization: 'Bearer x' }]) {
      const response = await get('topology', headers);
      assert.equal(response.status, 401);
      assert.match(response.headers.get('www-authenticate') ?? '', /^Basic /);
    }
    const metrics = await (await fetch(new URL('/metrics', iris.url))).text();
    assert.match(metrics, /iris_requests_total\{operation="topology\.xml",outcome="00301"\} 3/, 'guesses are counted');
  });

  it('lead a point-to-point service into a VI by what they say', async () => {
    const { connectionId } = await iris.provider.reserve(call(), request());
    const document = await read('topology', alice);
    const ids = texts(document, '/nml:Topology/nml:BidirectionalPort/@id');
    document.dispose();
    const criteria = toPointToPointCriteria(
      {},
      { source: `${ids[0]}?vlan=100-199`, dest: ids.at(-1)!, capacityMbit: 400, directionality: 'Bidirectional' },
    );
    const service = await iris.provider.reserve(call(), { ...request(), criteria });
    const { source, dest } = service.held!.placed.pointToPoint!;
    assert.equal(source.stp, `${ids[0]}?vlan=100`);
    assert.ok(dest.kind === 'vi' && dest.connectionId === connectionId);
  });

  it('are not sent again to who has them, and are when something is new', async () => {
    const first = await get('topology', alice);
    const etag = first.headers.get('etag')!;
    const modified = first.headers.get('last-modified')!;
    const conditions: Record<string, string>[] = [{ 'If-None-Match': etag }, { 'If-Modified-Since': modified }];
    for (const condition of conditions) assert.equal((await get('topology', { ...alice, ...condition })).status, 304);
    assert.equal(
      (await get('topology', { ...alice, 'If-None-Match': '"other"', 'If-Modified-Since': modified })).status,
      200,
    );
    const { status, headers } = await get('topology');
    assert.deepEqual([status, headers.get('etag') === etag], [200, true], 'the same for who sees the same');

    await iris.provider.reserve(call(), request());
    const second = await get('topology', { ...alice, 'If-None-Match': etag });
    assert.equal(second.status, 200);
    assert.equal((await get('topology', { ...alice, 'If-Modified-Since': modified })).status, 200);
    assert.ok(new Date(second.headers.get('last-modified')!) > new Date(modified));
    assert.equal((await get('topology', { 'If-None-Match': etag })).status, 304, 'nothing new for anybody else');
  });
});

describe('versions of documents', () => {
  let nowMs = Date.parse('2030-01-01T00:00:10.200Z');
  const clock = { now: () => new Date(nowMs) };

  it('are as old as what is said, per reader', () => {
    const versionOf = createDocumentVersions(clock);
    const one = versionOf('a', 'x', 'http://a');
    nowMs += 5_000;
    assert.deepEqual(versionOf('a', 'x', 'http://a'), one);
    assert.deepEqual(versionOf('b', 'x', 'http://a').since, clock.now());
  });

  it('differ by a second at least, and not by the address that a reader used', () => {
    const versionOf = createDocumentVersions(clock);
    const one = versionOf('a', 'x', 'http://a');
    const elsewhere = versionOf('a', 'x', 'http://b');
    assert.deepEqual(elsewhere.since, one.since);
    assert.notEqual(elsewhere.etag, one.etag);
    const two = versionOf('a', 'y', 'http://a');
    assert.ok(Math.floor(two.since.getTime() / 1000) > Math.floor(one.since.getTime() / 1000));
  });

  it('are known by tag before time, whatever their strength, and never by what is no date', () => {
    const version = { since: new Date('2030-01-01T00:00:10.200Z'), etag: 'W/"t"' };
    const known: [Parameters<typeof isKnown>[1], boolean][] = [
      [{ ifNoneMatch: 'W/"t"' }, true],
      [{ ifNoneMatch: '"a", "t"' }, true],
      [{ ifNoneMatch: '*' }, true],
      [{ ifNoneMatch: '"a"', ifModifiedSince: 'Tue, 01 Jan 2030 00:00:10 GMT' }, false],
      [{ ifModifiedSince: 'Tue, 01 Jan 2030 00:00:10 GMT' }, true],
      [{ ifModifiedSince: 'Tue, 01 Jan 2030 00:00:09 GMT' }, false],
      [{ ifModifiedSince: 'yesterday' }, false],
      [{}, false],
    ];
    for (const [condition, expected] of known)
      assert.equal(isKnown(version, condition), expected, JSON.stringify(condition));
  });
});
