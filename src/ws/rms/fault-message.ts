/** A SOAP 1.1 fault as text, with our serviceException as its detail. */
import { serviceException, type WireServiceException } from '../../wire/rms/types.js';
import { writeMessage } from '../../wire/rms/write-message.js';
import { soapEnvelopeNamespace } from '../../wire/soap/namespaces.js';
import { escapeXml } from '../../wire/xml/scalar-texts.js';
import type { Refusal } from '../soap/refusal.js';

function toServiceException(site: string, refusal: Refusal): WireServiceException {
  const { kind, what, variables, connectionId } = refusal.error;
  return {
    site,
    ...(connectionId === undefined ? {} : { connectionId }),
    errorId: kind.id,
    code: kind.code,
    text: `${kind.text}: ${what}`,
    variables: Object.entries(variables).map(([name, value]) => ({ name, value })),
    advice: kind.advice,
  };
}

export function writeFault(site: string, refusal: Refusal): string {
  // SOAP 1.1 §4.4: detail speaks of the body only; these two are about the envelope and its headers.
  const aboutBody = refusal.faultCode === 'Client' || refusal.faultCode === 'Server';
  const exception = toServiceException(site, refusal);
  const detail = aboutBody ? `<detail>${writeMessage('serviceException', serviceException, exception)}</detail>` : '';
  return (
    `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${soapEnvelopeNamespace}"><soap:Body><soap:Fault>` +
    `<faultcode>soap:${refusal.faultCode}</faultcode>` +
    `<faultstring>${escapeXml(aboutBody ? `${exception.errorId} ${exception.text}` : refusal.error.what)}</faultstring>${detail}` +
    '</soap:Fault></soap:Body></soap:Envelope>'
  );
}
