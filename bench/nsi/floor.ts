/**
 * The floor: the soap package as server and as client, on the same contract. Every request is answered, and called back with the very
 * text that Iris has sent for such a request; nothing is validated or decided, and stored is what is stored `behind` it.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClientAsync, createServerless } from 'soap';
import { packageFile } from '../../src/lib/package-root.js';
import type { Behind, NsiHeader, NsiRequest, Taken } from './behind.js';
import type { Sample } from './load.js';
import { type Step, stepNames, steps } from './messages.js';

const providerWsdl = packageFile('wsdl', 'nsi', 'connection-provider.wsdl');
const requesterWsdl = packageFile('wsdl', 'nsi', 'connection-requester.wsdl');

interface Headers {
  nsiHeader: NsiHeader;
}

const partOf = (text: string, part: 'Header' | 'Body'): string =>
  new RegExp(`<soap:${part}>(.*)</soap:${part}>`, 's').exec(text)![1]!;

type Fill = (id: string) => string;

interface Texts {
  /** With another correlation id. Answers have the same as callbacks. */
  header: Fill;
  /** With another connection id. */
  answer: Fill;
  callback: Fill;
}

const readSample = ({ connectionId, exchanges }: Sample): Record<Step, Texts> =>
  Object.fromEntries(
    stepNames.map((step) => {
      const { correlationId, answer, callback } = exchanges[step];
      const header = partOf(callback, 'Header');
      const texts = { answer: partOf(answer, 'Body'), callback: partOf(callback, 'Body') };
      return [
        step,
        {
          header: (id: string) => header.replace(correlationId, id),
          answer: (id: string) => texts.answer.replace(connectionId, id),
          callback: (id: string) => texts.callback.replace(connectionId, id),
        },
      ];
    }),
  ) as unknown as Record<Step, Texts>;

/** The texts declare what they use; node-soap would declare all of the contract's namespaces, and send more than Iris does. */
const declareNothing = (wsdl: object): void => {
  Object.assign(wsdl, { xmlnsInEnvelope: '' });
};

async function createCaller(texts: Record<Step, Texts>) {
  const client = await createClientAsync(requesterWsdl, { disableCache: true });
  declareNothing(client.wsdl);
  const httpAgent = new http.Agent({ keepAlive: true });
  return {
    async call(step: Step, { correlationId, replyTo }: NsiHeader, connectionId: string): Promise<void> {
      client.setEndpoint(replyTo);
      client.clearSoapHeaders();
      client.addSoapHeader(texts[step].header(correlationId));
      // The message is composed before this returns: the next may change header and address.
      await client[`${steps[step]}Async`]({ _xml: texts[step].callback(connectionId) }, { httpAgent, proxy: false });
    },
    close: () => httpAgent.destroy(),
  };
}

export interface Floor {
  url: string;
  close(): Promise<void>;
}

export async function startFloor(sample: Sample, behind: Behind): Promise<Floor> {
  const texts = readSample(sample);
  const caller = await createCaller(texts);
  const failures: unknown[] = [];
  const calls = new Set<Promise<void>>();
  async function callBack(step: Step, header: NsiHeader, taken: Taken): Promise<void> {
    try {
      await caller.call(step, header, taken.connectionId);
      await behind.acknowledged(taken);
    } catch (error) {
      failures.push(error);
    }
  }
  const later = (step: Step, header: NsiHeader, taken: Taken): void => {
    setImmediate(() => {
      const call = callBack(step, header, taken).finally(() => calls.delete(call));
      calls.add(call);
    });
  };
  const serve =
    (step: Step) =>
    async (request: NsiRequest, _done: unknown, { nsiHeader }: Headers): Promise<object> => {
      const taken = await behind.take(step, nsiHeader, request);
      later(step, nsiHeader, taken);
      return { _xml: texts[step].answer(taken.connectionId) };
    };
  const methods = Object.fromEntries(stepNames.map((step) => [step, serve(step)]));
  let loaded: (error: unknown) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    loaded = (error) => (error ? reject(error) : resolve());
  });
  const soap = await createServerless({
    services: { ConnectionServiceProvider: { ConnectionServiceProviderPort: methods } },
    xml: readFileSync(providerWsdl, 'utf8'),
    uri: providerWsdl,
    callback: (error: unknown) => loaded(error),
  } as unknown as Parameters<typeof createServerless>[0]);
  await ready;
  declareNothing((soap as unknown as { wsdl: object }).wsdl);
  soap.addSoapHeader((_method: string, _request: unknown, { nsiHeader }: Headers) =>
    texts.terminate.header(nsiHeader.correlationId),
  );
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { statusCode, body } = await soap.processRequest(Buffer.concat(chunks).toString(), {
      headers: request.headers,
    });
    response.writeHead(statusCode ?? 200, { 'Content-Type': 'text/xml; charset=utf-8' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/nsi/provider`,
    async close() {
      server.close();
      server.closeAllConnections();
      await Promise.all(calls);
      caller.close();
      await behind.close();
      if (failures.length > 0)
        throw new Error(`${failures.length} callbacks of the floor failed`, { cause: failures[0] });
    },
  };
}
