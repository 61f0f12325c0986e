import assert from 'node:assert/strict';
import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { createClientAsync } from 'soap';
import { providerOperationNames } from '../../../src/wire/nsi/operations.js';
import { exampleSite, type RunningService, startService } from '../support/running-service.js';

const nsi = { nsaId: 'urn:ogf:network:tokyo.example:2026:nsa', networkId: 'urn:ogf:network:tokyo.example:2026:iris' };

describe('nsi: the contract from the running service', () => {
  let running: RunningService;
  before(async () => {
    running = await startService({ siteChanges: { nsi } });
  });
  after(() => running.service.stop());

  it('every import, from file to file, is served at the address that it names', async () => {
    const seen = new Set<string>();
    const follow = async (address: URL): Promise<void> => {
      if (seen.has(address.href)) return;
      seen.add(address.href);
      const response = await fetch(address);
      assert.equal(response.status, 200, address.href);
      const document = XmlDocument.fromString(await response.text());
      const named = document
        .find('//*[@schemaLocation or @location]')
        .filter((node) => node instanceof XmlElement && node.name === 'import')
        .map((node) => (node as XmlElement).attrs.find((a) => /[lL]ocation$/.test(a.name))!.value);
      document.dispose();
      for (const name of named) await follow(new URL(name, address));
    };
    await follow(new URL('/nsi/provider?wsdl', running.url));
    await follow(new URL('/nsi/all.xsd', running.url));
    await follow(new URL('/nsi/connection-requester.wsdl', running.url));
    const names = [...seen].map((href) => new URL(href).pathname).sort();
    assert.deepEqual(
      names.filter((name) => !name.startsWith('/nsi/')),
      ['/rms.xsd'],
    );
    assert(names.length > 9, names.join(' '));
  });

  it('has the address that it was reached by', async () => {
    const text = await (await fetch(new URL('/nsi/provider?wsdl', running.url))).text();
    assert.match(text, new RegExp(`<soap:address location="${new URL('/nsi/provider', running.url)}"`));
  });

  it('a SOAP tool kit imports it, and finds every operation', async () => {
    const client = await createClientAsync(`${new URL('/nsi/provider', running.url)}?wsdl`, { disableCache: true });
    const { ConnectionServiceProvider } = client.describe() as Record<string, Record<string, object>>;
    const operations = Object.keys(ConnectionServiceProvider!.ConnectionServiceProviderPort!);
    assert.deepEqual(operations.sort(), [...providerOperationNames].sort());
  });

  it('a site that is not set up for NSI does not speak it', async () => {
    assert.equal(exampleSite().nsi, undefined);
    const silent = await startService();
    const response = await fetch(new URL('/nsi/provider?wsdl', silent.url));
    await silent.service.stop();
    assert.equal(response.status, 404);
  });
});
