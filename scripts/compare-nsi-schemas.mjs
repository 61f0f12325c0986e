// node scripts/compare-nsi-schemas.mjs DIR: judges messages, valid and invalid, by wsdl/nsi and by the Open Grid Forum's own schemas in DIR,
// and demands the same verdict on each. Needs a build.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import { root } from './prepare.mjs';

const directory = process.argv[2];
if (directory === undefined || !existsSync(directory)) {
  console.error(
    'usage: node scripts/compare-nsi-schemas.mjs DIR   (the folder with ogf_nsi_connection_types_v2_0.xsd)',
  );
  process.exit(2);
}
const { corpus } = await import(pathToFileURL(join(root, 'dist', 'test', 'wire', 'nsi', 'corpus.js')).href);

const theirs = {
  'http://schemas.ogf.org/nsi/2013/12/framework/headers': 'ogf_nsi_framework_headers_v2_0.xsd',
  'http://schemas.ogf.org/nsi/2013/12/framework/types': 'ogf_nsi_framework_types_v2_0.xsd',
  'http://schemas.ogf.org/nsi/2013/12/connection/types': 'ogf_nsi_connection_types_v2_0.xsd',
  'http://schemas.ogf.org/nsi/2013/12/services/point2point': 'ogf_nsi_services_p2p_v2_0.xsd',
  'http://schemas.ogf.org/nsi/2013/12/services/definition': 'ogf_nsi_services_definition_v2_0.xsd',
  'http://schemas.ogf.org/nsi/2014/02/discovery/nsa': 'ogf_nsi_discovery_nsa_v1_0.xsd',
};
const ours = Object.fromEntries(
  Object.entries(theirs).map(([namespace, file]) => [
    namespace,
    file.replace(/^ogf_nsi_(.*)_v\d_0/, '$1').replaceAll('_', '-'),
  ]),
);

xmlRegisterFsInputProviders();
function compile(folder, files) {
  const imports = Object.entries(files).map(([namespace, file]) => {
    readFileSync(join(folder, file));
    return `<xsd:import namespace="${namespace}" schemaLocation="${join(folder, file)}"/>`;
  });
  const text = `<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema">${imports.join('')}</xsd:schema>`;
  return XsdValidator.fromDoc(XmlDocument.fromString(text, { url: join(folder, 'all-of-them.xsd') }));
}

function judge(validator, document) {
  try {
    validator.validate(document);
    return 'valid';
  } catch {
    return 'invalid';
  }
}

const judges = [compile(join(root, 'wsdl', 'nsi'), ours), compile(resolve(directory), theirs)];
const counts = { valid: 0, invalid: 0, 'judged differently': 0 };
const elements = new Set();
for (const { what, xml } of corpus()) {
  const document = XmlDocument.fromString(xml);
  elements.add(document.root.name);
  const [our, their] = judges.map((validator) => judge(validator, document));
  document.dispose();
  counts[our === their ? our : 'judged differently'] += 1;
  if (our !== their) console.error(`${what}: ${our} by ours, ${their} by theirs\n  ${xml}`);
}
console.log(
  `${elements.size} kinds of messages: ${Object.entries(counts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ')}`,
);
process.exitCode = counts['judged differently'] === 0 && counts.valid > 0 && counts.invalid > 0 ? 0 : 1;
