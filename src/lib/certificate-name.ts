/**
 * The one name that a certificate bears: its common name or, where it has none, its DNS name. A certificate with several bears none: whoever
 * signs one that names two machines lets each be the other. What ovs-pki appends to the names that it is given, ` id:…`, is no part of it.
 */
import type { X509Certificate } from 'node:crypto';

const ovsPkiSuffix = / id:.*$/;

/** How Node writes what holds commas or quotation marks, so that it does not pass for several names. No host is called so. */
const quoted = /"(?:[^"\\]|\\.)*"/g;

/** One that was quoted counts, and is empty. */
const dnsNames = ({ subjectAltName }: X509Certificate): string[] =>
  [...(subjectAltName ?? '').replaceAll(quoted, '').matchAll(/(?:^|, )DNS:([^,]*)/g)].map(([, name]) => name!);

function commonNames(certificate: X509Certificate): string[] {
  const name = certificate.toLegacyObject().subject?.CN as string | string[] | undefined;
  return name === undefined ? [] : [name].flat();
}

/** In lower case, as host names and datapath ids are compared; undefined: it bears none. */
export function nameOfCertificate(certificate: X509Certificate): string | undefined {
  const common = commonNames(certificate);
  const names = common.length > 0 ? common : dnsNames(certificate);
  return names.length === 1 ? names[0]!.replace(ovsPkiSuffix, '').toLowerCase() || undefined : undefined;
}

/** Why it is not the certificate of this name, whosever else it is; undefined if it is. */
export function complainAboutName(certificate: X509Certificate, name: string): string | undefined {
  const found = nameOfCertificate(certificate);
  if (found === name.toLowerCase()) return undefined;
  const [subject] = certificate.subject.split('\n').slice(-1);
  return `its certificate is of ${found === undefined ? `no one name (${subject})` : `'${found}'`}, not of '${name}'`;
}
