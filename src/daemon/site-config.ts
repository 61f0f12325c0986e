/** Reads a site file from the disk: checked, secrets from the environment, paths absolute. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Site, siteFileSchema } from '../domain/site/site-file.js';
import { packageFile } from '../lib/package-root.js';
import { MissingVariable, substituteEnvironment } from '../lib/substitute-environment.js';
import { ConfigError, type ConfigProblem, parseYaml } from '../lib/yaml-config.js';

/** What is served where nobody says what. */
export const simulatedSiteFile = packageFile('examples', 'fake-site.yaml');

function withSecrets(site: Site, env: NodeJS.ProcessEnv, source: string): Site {
  const problems: ConfigProblem[] = [];
  const read = (text: string, path: string): string => {
    try {
      return substituteEnvironment(text, env);
    } catch (error) {
      if (!(error instanceof MissingVariable)) throw error;
      problems.push({ path, reason: error.message });
      return text;
    }
  };
  const database = site.database && read(site.database, 'database');
  const users = site.users.map((user, index) => ({
    ...user,
    password: read(user.password, `users[${index}].password`),
  }));
  if (problems.length > 0) throw new ConfigError(source, problems);
  return { ...site, database, users };
}

function withAbsolutePaths(site: Site, folder: string): Site {
  const path = (name: string) => resolve(folder, name);
  const { tls } = site.listen;
  const listen = {
    ...site.listen,
    tls: tls && { cert: path(tls.cert), key: path(tls.key), clientCa: tls.clientCa && path(tls.clientCa) },
  };
  const images = site.images.map((image) =>
    image.kind === 'qcow2'
      ? { ...image, file: path(image.file) }
      : { ...image, kernel: path(image.kernel), initrd: path(image.initrd) },
  );
  const nsi = site.nsi && { ...site.nsi, callbackCa: site.nsi.callbackCa && path(site.nsi.callbackCa) };
  const ssl = site.ssl && {
    privateKey: path(site.ssl.privateKey),
    certificate: path(site.ssl.certificate),
    caCert: path(site.ssl.caCert),
  };
  const { directory } = site.simulation;
  const simulation = { ...site.simulation, directory: directory && path(directory) };
  return { ...site, listen, ssl, nsi, images, simulation, stateDirectory: path(site.stateDirectory) };
}

/** Throws ConfigError with everything that is wrong. */
export async function readSiteFile(path: string, env: NodeJS.ProcessEnv): Promise<Site> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new ConfigError(path, [{ path: '', reason: `cannot be read: ${error.message}` }]);
  });
  const site = parseYaml(text, siteFileSchema, path);
  return withAbsolutePaths(withSecrets(site, env, path), dirname(resolve(path)));
}
