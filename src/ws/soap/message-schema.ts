/** The compiled schema of a face: says everything that is wrong with a payload, and where. */
import { readFileSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import {
  XmlDocument,
  type XmlElement,
  XmlValidateError,
  XsdValidator,
  xmlCleanupInputProvider,
  xmlRegisterInputProvider,
} from 'libxml2-wasm';
import { fsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
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

/** Files are open to libxml2 while a schema is compiled, those beside it and above; never to a message, whose xsi:schemaLocation would name any. */
function compile(document: XmlDocument, file: string): XsdValidator {
  const folder = dirname(dirname(file)) + sep;
  const match = (name: string): boolean => name.startsWith(folder) && fsInputProviders.match(name);
  xmlRegisterInputProvider({ ...fsInputProviders, match });
  try {
    return XsdValidator.fromDoc(document);
  } finally {
    xmlCleanupInputProvider();
  }
}

/** The schemas that it imports are found as its `schemaLocation`s say. */
export function compileSchema(file: string): MessageSchema {
  const document = XmlDocument.fromBuffer(readFileSync(file), { url: file });
  const validator = compile(document, file);
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
