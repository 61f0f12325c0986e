/**
 * The face that takes callbacks: what providers tell us of requests that we made. It holds a message to the contract and to who we are; whether
 * anybody has asked for it, and that provider, is judged by whoever did (CallbackTaker).
 */
import type { XmlElement } from 'libxml2-wasm';
import { IrisError } from '../../domain/errors/iris-error.js';
import { subjectOf } from '../../lib/certificate-subject.js';
import { packageFile } from '../../lib/package-root.js';
import type { CallbackTaker, WireCallback } from '../../wire/nsi/callbacks.js';
import { connectionElements } from '../../wire/nsi/connection-types.js';
import { writeNsiMessage } from '../../wire/nsi/messages.js';
import { connectionVocabulary } from '../../wire/nsi/namespaces.js';
import { isRequesterOperation, type RequesterOperation, requesterOperationNames } from '../../wire/nsi/operations.js';
import { mendCallbackTimes } from '../../wire/nsi/tolerance.js';
import { readElement } from '../../wire/xml/read-element.js';
import type { Call, Face, FaceRequest } from '../face.js';
import { findSecurity } from '../soap/header-blocks.js';
import { qualifiedName, readSoapMessage, type SoapMessage } from '../soap/message.js';
import { compileSchema, type MessageSchema } from '../soap/message-schema.js';
import { clientRefusal, toRefusal } from '../soap/refusal.js';
import { writeNsiFault } from './fault-message.js';
import { checkAddressee, nsiHeaderName, readHeader, toAnswerHeader } from './header-in.js';

export interface RequesterFaceOptions {
  /** Ours. */
  nsa: string;
  callbacks: CallbackTaker;
}

function operationOf(payload: XmlElement): RequesterOperation {
  if (payload.namespaceUri === connectionVocabulary.namespace && isRequesterOperation(payload.name))
    return payload.name;
  throw clientRefusal(
    `there is no callback ${qualifiedName(payload)}; namespace ${connectionVocabulary.namespace} has ${requesterOperationNames.join(', ')}`,
    { operation: payload.name, namespace: payload.namespaceUri },
  );
}

function readCallback(schema: MessageSchema, nsa: string, message: SoapMessage, call: Call): WireCallback {
  // Nobody but the sender's certificate says who it is; a token is let alone.
  findSecurity(message.header, nsiHeaderName);
  const element = operationOf(message.payload);
  call.operation = element;
  const header = readHeader(schema, message.header);
  const addressee = { role: 'requester', nsa } as const;
  call.correlationId = header.correlationId;
  call.requesterNSA = header.requesterNsa;
  call.providerNSA = header.providerNsa;
  call.answerHeader = toAnswerHeader(header, addressee);
  checkAddressee(header, addressee);
  mendCallbackTimes(message.payload);
  schema.validate(message.payload);
  const value = readElement(connectionElements[element], message.payload);
  if ('connectionId' in value) call.connectionId = value.connectionId;
  return { header, element, value } as WireCallback;
}

function answer(
  schema: MessageSchema,
  { nsa, callbacks }: RequesterFaceOptions,
  { bytes, charset, connection }: FaceRequest,
  call: Call,
): string {
  const message = readSoapMessage(bytes, charset, { references: true });
  let callback: WireCallback;
  try {
    callback = readCallback(schema, nsa, message, call);
  } finally {
    message.dispose();
  }
  const { certificate } = connection;
  const verdict = callbacks.take(callback, certificate === undefined ? {} : { subject: subjectOf(certificate) });
  if (verdict !== 'taken') throw new IrisError(verdict.refused, { what: verdict.what, variables: verdict.variables });
  return writeNsiMessage(call.answerHeader!, 'acknowledgment', {});
}

export function createRequesterFace(options: RequesterFaceOptions): Face {
  const schema = compileSchema(packageFile('wsdl', 'nsi', 'all.xsd'));
  return {
    answer: async (request, call) => {
      try {
        return answer(schema, options, request, call);
      } catch (error) {
        throw toRefusal(error);
      }
    },
    fault: (refusal, { operation, answerHeader }) =>
      writeNsiFault(refusal, { nsa: options.nsa, operation, header: answerHeader }),
    dispose: () => schema.dispose(),
  };
}
