/** Certificates for a test, in a folder of its own: NAME.pem with its key NAME.key. Made by openssl, never kept. */
import { runCommand } from '../../src/lib/run-command.js';

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const days = ['-days', '2'];
/** Its end lies before its beginning. */
const overDays = ['-days', '-1'];

export function certificatesIn(folder: string) {
  const openssl = (...args: string[]) => runCommand('openssl', args, { cwd: folder });
  const issue = async (
    name: string,
    subject: string,
    signer: string,
    { extensions = [], validity = days }: { extensions?: string[]; validity?: string[] } = {},
  ): Promise<void> => {
    const extended = extensions.flatMap((extension) => ['-addext', extension]);
    const asked = ['-subj', subject, ...extended, '-keyout', `${name}.key`, '-out', `${name}.csr`];
    await openssl('req', ...key, ...asked);
    const signed = ['-CA', `${signer}.pem`, '-CAkey', `${signer}.key`, '-CAcreateserial', '-copy_extensions', 'copy'];
    await openssl('x509', '-req', '-in', `${name}.csr`, ...signed, ...validity, '-out', `${name}.pem`);
  };
  return {
    authority: (name: string) =>
      openssl('req', '-x509', ...key, ...days, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`),
    /** For 127.0.0.1. */
    serverCertificate: (name: string, subject: string, signer: string) =>
      issue(name, subject, signer, { extensions: ['subjectAltName=IP:127.0.0.1'] }),
    /** `subject`: `/C=JP/CN=x` */
    clientCertificate: (name: string, subject: string, signer: string) =>
      issue(name, subject, signer, { extensions: ['extendedKeyUsage=clientAuth'] }),
    /** As ovs-pki makes them: for both sides, naming no host. */
    plainCertificate: (name: string, subject: string, signer: string, extensions: string[] = []) =>
      issue(name, subject, signer, { extensions }),
    expiredCertificate: (name: string, subject: string, signer: string) =>
      issue(name, subject, signer, { validity: overDays }),
  };
}
