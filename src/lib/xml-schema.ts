/** A compiled XSD: says everything that is wrong with an element, and where. */
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

export interface SchemaProblem {
  line: number;
  /** From the document's root: `/soap:Envelope/soap:Body/rms:reserve/criteria`. */
  path: string;
  text: string;
}

/** What was judged is not as the schema has it. */
export class NotValid extends Error {
  override name = 'NotValid';
  constructor(readonly problems: readonly SchemaProblem[]) {
    super(problems.map(({ line, text }) => `line ${line}: ${text}`).join('; '));
  }
}

export interface CompiledSchema {
  /** Throws NotValid. */
  validate(element: XmlElement): void;
  dispose(): void;
}

const maxProblems = 5;
const maxProblemLength = 300;

const toProblems = (error: XmlValidateError): SchemaProblem[] =>
  error.details.slice(0, maxProblems).map(({ line, xpath, message }) => ({
    line,
    path: xpath ?? '',
    text: message.trim().slice(0, maxProblemLength),
  }));

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
export function compileXmlSchema(file: string): CompiledSchema {
  const document = XmlDocument.fromBuffer(readFileSync(file), { url: file });
  const validator = compile(document, file);
  return {
    validate: (element) => {
      try {
        validator.validate(element);
      } catch (error) {
        if (!(error instanceof XmlValidateError)) throw error;
        throw new NotValid(toProblems(error));
      }
    },
    dispose: () => {
      validator.dispose();
      // Not before: the compiled schema points into it.
      document.dispose();
    },
  };
}
