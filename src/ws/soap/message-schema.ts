/** The compiled schema of a face: says everything that is wrong with a payload, and where. */
import { readFileSync } from 'node:fs';
import { XmlDocument, type XmlElement, XmlValidateError, XsdValidator } from 'libxml2-wasm';
import { clientRefusal } from './refusal.js';

export interface MessageSchema {
  /** Throws a Refusal. */
  validate(payload: XmlElement): void;
  dispose(): void;
}

const maxProblems = 5;
const maxProblemLength = 300;
/** What a tenant puts into VMs is repeated nowhere. */
const secretElements = /\/userData$/;

interface Problem {
  line: number;
  path: string;
  text: string;
}

function toProblems(error: XmlValidateError): Problem[] {
  return error.details.slice(0, maxProblems).map((detail) => {
    // `/soap:Envelope/soap:Body/rms:reserve/criteria/…` → `reserve/criteria/…`
    const path = (detail.xpath ?? '')
      .split('/')
      .slice(3)
      .join('/')
      .replace(/^[^:/]*:/, '');
    const text = secretElements.test(path) ? 'is not accepted' : detail.message.trim().slice(0, maxProblemLength);
    return { line: detail.line, path, text };
  });
}

export function compileSchema(file: string): MessageSchema {
  const document = XmlDocument.fromBuffer(readFileSync(file), { url: file });
  const validator = XsdValidator.fromDoc(document);
  return {
    validate: (payload) => {
      try {
        validator.validate(payload);
      } catch (error) {
        if (!(error instanceof XmlValidateError)) throw error;
        const problems = toProblems(error);
        throw clientRefusal(problems.map((p) => `line ${p.line}: ${p.text}`).join('; '), {
          element: problems[0]?.path ?? '',
          line: String(problems[0]?.line ?? 0),
        });
      }
    },
    dispose: () => {
      validator.dispose();
      // Not before: the compiled schema points into it.
      document.dispose();
    },
  };
}
