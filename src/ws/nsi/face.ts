/**
 * The face that speaks NSI CS 2.0 as a provider. Messages are read from their parsed tree by our tables: what NSI needs of XML (nil,
 * attributes, parts of any namespace) does not survive a SOAP library.
 */
import type { XmlElement } from 'libxml2-wasm';
import type { Provider } from '../../domain/ports/provider.js';
import type { Site } from '../../domain/site/site-file.js';
import { packageFile } from '../../lib/package-root.js';
import { connectionElements, type WireOf } from '../../wire/nsi/connection-types.js';
import { writeNsiMessage } from '../../wire/nsi/messages.js';
import { connectionVocabulary } from '../../wire/nsi/namespaces.js';
import {
  isProviderOperation,
  type ProviderOperation,
  providerOperationNames,
  providerOperations,
} from '../../wire/nsi/operations.js';
import { mendTimes } from '../../wire/nsi/tolerance.js';
import { readElement } from '../../wire/xml/read-element.js';
import type { Call, Face, FaceRequest } from '../face.js';
import { findCredential } from '../security/authenticate.js';
import type { TokenJudge } from '../security/username-token.js';
import { findSecurity } from '../soap/header-blocks.js';
import { qualifiedName, readSoapMessage, type SoapMessage } from '../soap/message.js';
import { compileSchema, type MessageSchema } from '../soap/message-schema.js';
import { clientRefusal, toRefusal } from '../soap/refusal.js';
import { writeNsiFault } from './fault-message.js';
import { checkAddressee, nsiHeaderName, readHeader, toAnswerHeader } from './header-in.js';
import { identify, type NsiSite } from './identify.js';
import { checkLengths } from './lengths.js';
import { type NsiCall, operations } from './operations.js';

export interface NsiFaceOptions {
  site: Site & { nsi: NsiSite };
  provider: Provider;
  judge: TokenJudge;
}

interface Room extends NsiFaceOptions {
  schema: MessageSchema;
  nsa: string;
}

/** A request that has been held to everything that can be known without asking the engine. */
interface SoundRequest {
  operation: ProviderOperation;
  request: WireOf<ProviderOperation>;
  context: NsiCall['context'];
}

function operationOf(payload: XmlElement): ProviderOperation {
  if (payload.namespaceUri === connectionVocabulary.namespace && isProviderOperation(payload.name)) return payload.name;
  throw clientRefusal(
    `there is no operation ${qualifiedName(payload)}; namespace ${connectionVocabulary.namespace} has ${providerOperationNames.join(', ')}`,
    { operation: payload.name, namespace: payload.namespaceUri },
  );
}

function readRequest(room: Room, message: SoapMessage, { connection }: FaceRequest, call: Call): SoundRequest {
  const { site, judge, schema, nsa } = room;
  const credential = findCredential(judge, findSecurity(message.header, nsiHeaderName), connection);
  const operation = operationOf(message.payload);
  call.operation = operation;
  const header = readHeader(schema, message.header);
  call.correlationId = header.correlationId;
  call.requesterNSA = header.requesterNsa;
  call.answerHeader = toAnswerHeader(header, { role: 'provider', nsa });
  const requester = identify(
    site.nsi,
    credential,
    header.requesterNsa,
    connection.confidential || site.listen.insecure,
  );
  call.requester = requester;
  checkAddressee(header, { role: 'provider', nsa });
  mendTimes(message.payload);
  schema.validate(message.payload);
  const request = readElement(connectionElements[operation], message.payload) as WireOf<ProviderOperation>;
  const replyTo = header.replyTo === '' ? undefined : header.replyTo;
  checkLengths(request, replyTo);
  if ('connectionId' in request && request.connectionId !== undefined) call.connectionId = request.connectionId;
  const nsi = { requesterNSA: header.requesterNsa, ...(replyTo === undefined ? {} : { replyTo }) };
  return { operation, request, context: { requester, correlationId: header.correlationId, nsi } };
}

async function answer(room: Room, faceRequest: FaceRequest, call: Call): Promise<string> {
  const message = readSoapMessage(faceRequest.bytes, faceRequest.charset, { references: true });
  let sound: SoundRequest;
  try {
    sound = readRequest(room, message, faceRequest, call);
  } finally {
    message.dispose();
  }
  const { operation, request, context } = sound;
  const run = operations[operation] as (call: NsiCall, request: unknown) => Promise<WireOf<ProviderOperation>>;
  const response = await run({ provider: room.provider.nsi, context, nsa: room.nsa }, request);
  if ('connectionId' in response && response.connectionId !== undefined) call.connectionId = response.connectionId;
  return writeNsiMessage(call.answerHeader!, providerOperations[operation].response, response as never);
}

export function createNsiFace(options: NsiFaceOptions): Face {
  const schema = compileSchema(packageFile('wsdl', 'nsi', 'all.xsd'));
  const room: Room = { ...options, schema, nsa: options.site.nsi.nsaId };
  return {
    answer: async (request, call) => {
      try {
        return await answer(room, request, call);
      } catch (error) {
        throw toRefusal(error);
      }
    },
    fault: (refusal, { operation, answerHeader }) =>
      writeNsiFault(refusal, { nsa: room.nsa, operation, header: answerHeader }),
    dispose: () => schema.dispose(),
  };
}
