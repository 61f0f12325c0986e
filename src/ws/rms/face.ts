/**
 * The face that speaks rms.wsdl: bytes of a request in, bytes of an answer out, whatever the request was. node-soap reads the
 * message once it is known to be sound, and is given the answer's XML by our table; faults are written here.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { XmlElement } from 'libxml2-wasm';
import { createServerless, type Server } from 'soap';
import { IrisError } from '../../domain/errors/iris-error.js';
import type { Provider } from '../../domain/ports/provider.js';
import type { Requester } from '../../domain/reservation/reservation.js';
import type { Log } from '../../lib/log.js';
import { packageFile } from '../../lib/package-root.js';
import {
  isRmsOperation,
  type RmsOperationName,
  type RmsResponse,
  rmsNamespace,
  rmsOperationNames,
  rmsOperations,
} from '../../wire/rms/types.js';
import { writeMessage } from '../../wire/rms/write-message.js';
import { rawTexts, readMessage } from '../../wire/xml/read-object.js';
import type { ValueOf } from '../../wire/xml/schema-type.js';
import type { Call, Face, FaceRequest } from '../face.js';
import { authenticate, checkTenant } from '../security/authenticate.js';
import type { TokenJudge } from '../security/username-token.js';
import { findSecurity } from '../soap/header-blocks.js';
import { bareEnvelope, qualifiedName, readSoapMessage } from '../soap/message.js';
import { compileSchema, type MessageSchema } from '../soap/message-schema.js';
import { clientRefusal, toRefusal } from '../soap/refusal.js';
import { writeFault } from './fault-message.js';
import { operations } from './operations.js';

export const rmsWsdlFile = packageFile('wsdl', 'rms.wsdl');
export const rmsSchemaFile = packageFile('wsdl', 'rms.xsd');

interface RmsCall extends Call {
  operation?: RmsOperationName;
}

/** A call on its way through node-soap, which tells a failure in a way of its own: ours is kept here. */
interface Passage {
  call: RmsCall;
  failure?: unknown;
}

export interface FaceOptions {
  /** Name of the site. */
  site: string;
  provider: Provider;
  judge: TokenJudge;
  log: Log;
}

function operationOf(payload: XmlElement): RmsOperationName {
  if (payload.namespaceUri === rmsNamespace && isRmsOperation(payload.name)) return payload.name;
  throw clientRefusal(
    `there is no operation ${qualifiedName(payload)}; namespace ${rmsNamespace} has ${rmsOperationNames.join(', ')}`,
    { operation: payload.name, namespace: payload.namespaceUri },
  );
}

/** What every request may say about itself, whatever its operation. */
interface CommonParts {
  correlationId?: string;
  connectionId?: string;
  tenant?: string;
}

async function serve(options: FaceOptions, passage: Passage, raw: unknown): Promise<string> {
  const { call } = passage;
  const operation = call.operation!;
  const requester = call.requester!;
  const { request: type, response: responseType } = rmsOperations[operation];
  const request = readMessage(operation, type, raw) as ValueOf<typeof type>;
  const common = request as CommonParts;
  call.correlationId = common.correlationId ?? `urn:uuid:${randomUUID()}`;
  if (common.connectionId !== undefined) call.connectionId = common.connectionId;
  checkTenant(requester, common.tenant);
  const run = operations[operation] as (
    provider: Provider,
    context: { requester: Requester; correlationId: string },
    request: unknown,
  ) => Promise<RmsResponse<RmsOperationName>>;
  const context = { requester, correlationId: call.correlationId };
  return writeAnswer(operation, responseType, await run(options.provider, context, request), call);
}

function writeAnswer(
  operation: RmsOperationName,
  type: (typeof rmsOperations)[RmsOperationName]['response'],
  answer: RmsResponse<RmsOperationName>,
  call: RmsCall,
): string {
  if ('reservation' in answer) call.connectionId = answer.reservation.connectionId;
  try {
    return writeMessage(`${operation}Response`, type, answer);
  } catch (cause) {
    // Not the requester's fault: something of ours has no place in the schema.
    throw new IrisError('internal', { what: 'the answer cannot be written', cause });
  }
}

async function createSoapServer(options: FaceOptions): Promise<Server> {
  const method = async (raw: unknown, _callback: unknown, _headers: unknown, request: { connection: Passage }) => {
    const passage = request.connection;
    try {
      // A whole message under `_xml` is taken as it is.
      return { _xml: await serve(options, passage, raw) };
    } catch (error) {
      passage.failure = error;
      throw error;
    }
  };
  let loaded: (error: unknown) => void = () => {};
  // Its promise comes before the schema that the WSDL imports has been read; the callback does not.
  const ready = new Promise<void>((resolve, reject) => {
    loaded = (error) => (error ? reject(error) : resolve());
  });
  const server = await createServerless({
    path: '/rms',
    services: { RmsService: { RmsPort: Object.fromEntries(rmsOperationNames.map((name) => [name, method])) } },
    xml: readFileSync(rmsWsdlFile, 'utf8'),
    uri: rmsWsdlFile,
    suppressStack: true,
    callback: (error: unknown) => loaded(error),
    ...rawTexts,
  } as Parameters<typeof createServerless>[0]);
  await ready;
  // Its client takes this option; its server forgets to.
  const { wsdl } = server as unknown as { wsdl: { options: { preserveWhitespace?: boolean } } };
  wsdl.options.preserveWhitespace = rawTexts.preserveWhitespace;
  return server;
}

interface SoundRequest {
  xml: string;
  operation: RmsOperationName;
}

/** Everything that is checked before the SOAP library sees a byte. Throws Refusal or IrisError. */
function admit(options: FaceOptions, schema: MessageSchema, request: FaceRequest, call: RmsCall): SoundRequest {
  const message = readSoapMessage(request.bytes, request.charset);
  try {
    call.requester = authenticate(options.judge, findSecurity(message.header), request.connection);
    const operation = operationOf(message.payload);
    call.operation = operation;
    schema.validate(message.payload);
    return { xml: bareEnvelope(message.payload), operation };
  } finally {
    message.dispose();
  }
}

export async function createRmsFace(options: FaceOptions): Promise<Face> {
  const schema = compileSchema(rmsSchemaFile);
  const server = await createSoapServer(options);
  const answer = async (request: FaceRequest, call: RmsCall): Promise<string> => {
    const { xml, operation } = admit(options, schema, request, call);
    const passage: Passage = { call };
    // The body's name decides; a SOAPAction that says otherwise is not asked.
    const headers = { soapaction: `"${rmsNamespace}/${operation}"`, 'content-type': 'text/xml; charset=utf-8' };
    const reply = await server.processRequest(xml, { headers, connection: passage });
    if (passage.failure !== undefined) throw passage.failure;
    if (reply.statusCode !== 200)
      throw new IrisError('internal', { what: 'the message could not be served', cause: new Error(reply.body) });
    return reply.body;
  };
  return {
    answer: async (request, call) => {
      try {
        return await answer(request, call as RmsCall);
      } catch (error) {
        throw toRefusal(error);
      }
    },
    fault: (refusal) => writeFault(options.site, refusal),
    dispose: () => schema.dispose(),
  };
}
