/** The certificates that a site file names, looked at before anything is started: a daemon that nobody can believe says so at once. */
import type { Site } from '../domain/site/site-file.js';
import type { Clock } from '../lib/clock.js';
import { judgeTlsFiles, type TlsFiles } from '../lib/tls-files.js';
import { ConfigError } from '../lib/yaml-config.js';

/** Files that belong together, and what the site file calls each. */
interface FileSet {
  /** Path in the site file. */
  at: string;
  files: TlsFiles;
  keys: Readonly<Record<keyof TlsFiles, string>>;
  /** Where one that is over is of no use at all: no switch and no database lets us in. */
  mustBeInDate: boolean;
}

const sslKeys = { key: 'privateKey', cert: 'certificate', ca: 'caCert' };
const listenKeys = { key: 'key', cert: 'cert', ca: 'clientCa' };
const nsiKeys = { key: '', cert: '', ca: 'callbackCa' };

const present = (files: Record<keyof TlsFiles, string | undefined>): TlsFiles =>
  Object.fromEntries(Object.entries(files).filter(([, path]) => path !== undefined));

function fileSets({ ssl, listen: { tls }, nsi }: Site): FileSet[] {
  const sets: FileSet[] = [];
  if (ssl !== undefined) sets.push({ at: 'ssl', files: sslFiles(ssl), keys: sslKeys, mustBeInDate: true });
  if (tls !== undefined) {
    const files = present({ key: tls.key, cert: tls.cert, ca: tls.clientCa });
    sets.push({ at: 'listen.tls', files, keys: listenKeys, mustBeInDate: false });
  }
  if (nsi?.callbackCa !== undefined)
    sets.push({ at: 'nsi', files: { ca: nsi.callbackCa }, keys: nsiKeys, mustBeInDate: false });
  return sets;
}

const sslFiles = ({ privateKey, certificate, caCert }: NonNullable<Site['ssl']>): TlsFiles => ({
  key: privateKey,
  cert: certificate,
  ca: caCert,
});

/** Throws ConfigError with everything that is wrong. `source` names the site file. */
export function checkCertificateFiles(site: Site, source: string, clock: Clock): void {
  const problems = fileSets(site).flatMap(({ at, files, keys, mustBeInDate }) =>
    judgeTlsFiles(files, clock.now())
      .problems.filter(({ kind }) => kind === 'unusable' || mustBeInDate)
      .map(({ of, reason }) => ({ path: `${at}.${keys[of]}`, reason })),
  );
  if (problems.length > 0) throw new ConfigError(source, problems);
}

/** What doctor sees of our own certificate towards Open vSwitch. */
export function lookAtCertificate(ssl: NonNullable<Site['ssl']>, clock: Clock) {
  const { problems, certificate } = judgeTlsFiles(sslFiles(ssl), clock.now());
  return {
    problems: problems.map(({ reason }) => reason),
    ...(certificate === undefined
      ? {}
      : { subject: certificate.subject.replaceAll('\n', ', '), until: new Date(certificate.validTo) }),
  };
}
