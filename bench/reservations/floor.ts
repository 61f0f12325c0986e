/** The floor: the soap package, the contract's XSD, and the rows. It believes everybody and decides nothing. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { XmlDocument, type XmlElement, XsdValidator } from 'libxml2-wasm';
import { createServerless } from 'soap';
import { soapEnvelopeNamespace } from '../../src/wire/soap/namespaces.js';
import { rmsSchemaFile, rmsWsdlFile } from '../../src/ws/rms/face.js';
import type { Rows } from './rows.js';

interface ReserveArguments {
  correlationId: string;
  criteria: { schedule: { startTime: Date; endTime: Date }; segment: { key: number } };
}

interface ChangeArguments {
  correlationId: string;
  connectionId: string;
}

function compileSchema(): (xml: string) => void {
  const validator = XsdValidator.fromDoc(XmlDocument.fromBuffer(readFileSync(rmsSchemaFile), { url: rmsSchemaFile }));
  return (xml) => {
    const document = XmlDocument.fromString(xml);
    try {
      validator.validate(document.get('/s:Envelope/s:Body/*', { s: soapEnvelopeNamespace }) as XmlElement);
    } finally {
      document.dispose();
    }
  };
}

async function createSoap(rows: Rows) {
  const answered = async (reservation: Promise<object>) => ({ reservation: await reservation });
  const methods = {
    reserve: ({ correlationId, criteria: { schedule, segment } }: ReserveArguments) =>
      answered(
        rows.reserve(correlationId, {
          key: segment.key,
          start: schedule.startTime.toISOString(),
          end: schedule.endTime.toISOString(),
        }),
      ),
    commit: ({ correlationId, connectionId }: ChangeArguments) => answered(rows.commit(correlationId, connectionId)),
    terminate: ({ correlationId, connectionId }: ChangeArguments) =>
      answered(rows.terminate(correlationId, connectionId)),
  };
  let loaded: (error: unknown) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    loaded = (error) => (error ? reject(error) : resolve());
  });
  const [service, port] = serviceNames();
  const server = createServerless({
    services: { [service]: { [port]: methods } },
    xml: readFileSync(rmsWsdlFile, 'utf8'),
    uri: rmsWsdlFile,
    callback: (error: unknown) => loaded(error),
  } as unknown as Parameters<typeof createServerless>[0]);
  await ready;
  return server;
}

function serviceNames(): [string, string] {
  const wsdl = readFileSync(rmsWsdlFile, 'utf8');
  return [/service name="([^"]+)"/.exec(wsdl)![1]!, /port name="([^"]+)"/.exec(wsdl)![1]!];
}

export async function startFloor(rows: Rows): Promise<string> {
  const validate = compileSchema();
  const soap = await createSoap(rows);
  const server = http.createServer(async (request, response) => {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const xml = Buffer.concat(chunks).toString();
      validate(xml);
      const { statusCode, body } = await soap.processRequest(xml, { headers: request.headers });
      response.writeHead(statusCode ?? 200, { 'Content-Type': 'text/xml; charset=utf-8' }).end(body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/rms`;
}
