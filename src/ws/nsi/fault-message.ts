/** A SOAP 1.1 fault of the connection service: serviceException as its detail, or error where the WSDL says so, in the types' namespace. */
import { toServiceException } from '../../domain/nsi/service-exception.js';
import { type HeaderToWrite, wrapBody, writeBody } from '../../wire/nsi/messages.js';
import { isProviderOperation, providerOperations } from '../../wire/nsi/operations.js';
import { escapeXml } from '../../wire/xml/scalar-texts.js';
import type { Refusal } from '../soap/refusal.js';
import { fromException } from './messages-out.js';

const detailOf = (operation: string | undefined): 'serviceException' | 'error' =>
  operation !== undefined && isProviderOperation(operation) ? providerOperations[operation].fault : 'serviceException';

export interface FaultContext {
  /** Ours. */
  nsa: string;
  operation: string | undefined;
  header: HeaderToWrite | undefined;
}

export function writeNsiFault(refusal: Refusal, { nsa, operation, header }: FaultContext): string {
  // SOAP 1.1 §4.4: detail speaks of the body only; the other two codes are about the envelope and its headers.
  const aboutBody = refusal.faultCode === 'Client' || refusal.faultCode === 'Server';
  const exception = fromException(toServiceException(refusal.error), nsa);
  const kind = detailOf(operation);
  const content = kind === 'error' ? writeBody(kind, { serviceException: exception }) : writeBody(kind, exception);
  const text = aboutBody ? `${exception.errorId} ${exception.text}` : refusal.error.what;
  return wrapBody(
    header,
    `<soap:Fault><faultcode>soap:${refusal.faultCode}</faultcode><faultstring>${escapeXml(text)}</faultstring>` +
      `${aboutBody ? `<detail>${content}</detail>` : ''}</soap:Fault>`,
  );
}
