/** The compiled schema of a face: what is wrong with a payload becomes a refusal. */
import type { XmlElement } from 'libxml2-wasm';
import { compileXmlSchema, NotValid, type SchemaProblem } from '../../lib/xml-schema.js';
import { clientRefusal } from './refusal.js';

export interface MessageSchema {
  /** Throws a Refusal. */
  validate(payload: XmlElement): void;
  dispose(): void;
}

/** What a tenant puts into VMs is repeated nowhere. */
const secretElements = /\/userData$/;

function toShown({ line, path, text }: SchemaProblem): SchemaProblem {
  // `/soap:Envelope/soap:Body/rms:reserve/criteria/…` → `reserve/criteria/…`
  const shown = path
    .split('/')
    .slice(3)
    .join('/')
    .replace(/^[^:/]*:/, '');
  return { line, path: shown, text: secretElements.test(shown) ? 'is not accepted' : text };
}

/** The schemas that it imports are found as its `schemaLocation`s say. */
export function compileSchema(file: string): MessageSchema {
  const schema = compileXmlSchema(file);
  return {
    validate: (payload) => {
      try {
        schema.validate(payload);
      } catch (error) {
        if (!(error instanceof NotValid)) throw error;
        const problems = error.problems.map(toShown);
        throw clientRefusal(problems.map(({ line, text }) => `line ${line}: ${text}`).join('; '), {
          element: problems[0]?.path ?? '',
          line: String(problems[0]?.line ?? 0),
        });
      }
    },
    dispose: schema.dispose,
  };
}
