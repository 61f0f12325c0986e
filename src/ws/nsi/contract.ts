/** The files of the NSI contract: imports name each other by file name, so that all are served side by side. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageFile } from '../../lib/package-root.js';

const folder = packageFile('wsdl', 'nsi');

export const nsiProviderWsdlFile = join(folder, 'connection-provider.wsdl');
export const nsiRequesterWsdlFile = join(folder, 'connection-requester.wsdl');

export const nsiContractFiles: readonly { name: string; file: string }[] = readdirSync(folder).map((name) => ({
  name,
  file: join(folder, name),
}));
