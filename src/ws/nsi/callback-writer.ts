/** Callbacks as SOAP: what is sent to a requester, and whether what it answered is an acknowledgment. */
import type { CallbackAnswer, CallbackWriter } from '../../domain/ports/callback-writer.js';
import { writeNsiMessage } from '../../wire/nsi/messages.js';
import { connectionVocabulary, requesterProtocol, soapActionOf } from '../../wire/nsi/namespaces.js';
import { soapEnvelopeNamespace } from '../../wire/soap/namespaces.js';
import { qualifiedName, readSoapMessage } from '../soap/message.js';
import { fromMessage } from './messages-out.js';

const acknowledgment = `{${connectionVocabulary.namespace}}acknowledgment`;
const fault = `{${soapEnvelopeNamespace}}Fault`;
const longestReason = 200;

const shorten = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, longestReason);

function bodyOf(body: string): { name: string; text: string } | undefined {
  try {
    const message = readSoapMessage(Buffer.from(body), 'utf-8', { references: true });
    try {
      return { name: qualifiedName(message.payload), text: shorten(message.payload.content) };
    } finally {
      message.dispose();
    }
  } catch {
    return undefined;
  }
}

function complaintAbout({ status, body }: CallbackAnswer): string | undefined {
  const answer = bodyOf(body);
  if (answer?.name === fault) return `it was refused (HTTP ${status}): ${answer.text}`;
  if (status < 200 || status > 299) return `the answer has HTTP status ${status}`;
  if (answer === undefined) return 'the answer is no SOAP message';
  return answer.name === acknowledgment ? undefined : `the answer is ${answer.name}, and no acknowledgment`;
}

/** `nsa`: ours. */
export const createCallbackWriter = (nsa: string): CallbackWriter => ({
  write: ({ correlationId, requesterNSA, message }) => ({
    headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: `"${soapActionOf(message.kind)}"` },
    body: writeNsiMessage(
      { protocolVersion: requesterProtocol, correlationId, requesterNsa: requesterNSA, providerNsa: nsa },
      message.kind,
      fromMessage(message, nsa) as never,
    ),
  }),
  complaintAbout,
});
