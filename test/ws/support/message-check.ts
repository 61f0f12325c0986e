/** Holds a whole SOAP message to the schemas: its body's child is valid against rms.xsd, a fault against SOAP 1.1 and its detail, too. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { XmlDocument, XmlElement, XsdValidator } from 'libxml2-wasm';
import { packageFile } from '../../../src/lib/package-root.js';

const schemaDocument = XmlDocument.fromBuffer(readFileSync(packageFile('wsdl', 'rms.xsd')));
const validator = XsdValidator.fromDoc(schemaDocument);
const namespaces = { soap: 'http://schemas.xmlsoap.org/soap/envelope/', rms: 'urn:iris:rms:1' };

export interface CheckedFault {
  faultCode: string;
  faultString: string;
  /** Absent where the fault is about the envelope or a header. */
  errorId: string | undefined;
  text: string | undefined;
  variables: Record<string, string>;
}

function toFault(fault: XmlElement): CheckedFault {
  const textOf = (path: string) => fault.get(path, namespaces)?.content;
  return {
    faultCode: textOf('faultcode')!,
    faultString: textOf('faultstring')!,
    errorId: textOf('detail/rms:serviceException/errorId'),
    text: textOf('detail/rms:serviceException/text'),
    variables: Object.fromEntries(
      fault
        .find('detail/rms:serviceException/variable', namespaces)
        .map((v) => [v.get('name')!.content, v.get('value')!.content]),
    ),
  };
}

/** The fault, if the message is one. Throws if the message is not as the contract says. */
export function checkMessage(xml: string): CheckedFault | undefined {
  const document = XmlDocument.fromString(xml);
  try {
    const children = document.find('/soap:Envelope/soap:Body/*', namespaces);
    assert.equal(children.length, 1, `one child of the Body in ${xml}`);
    const child = children[0] as XmlElement;
    if (child.name !== 'Fault') {
      validator.validate(child);
      return undefined;
    }
    const detail = child.get('detail/*', namespaces);
    if (detail instanceof XmlElement) validator.validate(detail);
    return toFault(child);
  } finally {
    document.dispose();
  }
}
